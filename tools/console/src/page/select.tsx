import type { ComponentChildren } from 'preact';

/** What somebody wants to know more about. */
export interface Selection {
  kind: 'client' | 'edge' | 'pod' | 'rate' | 'request' | 'verdict';
  /** Its name, or the id of a request. */
  name: string;
}

export type Select = (selection: Selection) => void;

interface ButtonProps {
  class?: string;
  select: Select;
  what: Selection;
  label: string;
  children: ComponentChildren;
}

/** A part of the picture that leads to its evidence, by mouse and keyboard. */
export function Button({ class: name = '', select, what, label, children }: ButtonProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no button within an SVG.
    <g
      class={`button ${name}`}
      role="button"
      tabIndex={0}
      aria-label={label}
      data-name={what.name}
      onClick={() => select(what)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        select(what);
      }}
    >
      {children}
    </g>
  );
}
