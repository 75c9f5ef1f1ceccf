import { confirm, isCancel, text } from '@clack/prompts';

/** Asks a person at a terminal. */
export interface Ask {
  /** @param check says what is wrong with an answer. Undefined: the person stops. */
  answer(
    question: string,
    current: string,
    check: (answer: string) => string | undefined,
  ): Promise<string | undefined>;
  confirm(question: string): Promise<boolean>;
}

/** Asks at the terminal of this process. */
export const terminal: Ask = {
  async answer(message, current, check) {
    const validate = (value: string | undefined) => check(value || current);
    const answer = await text({ message, placeholder: current, defaultValue: current, validate });
    return isCancel(answer) ? undefined : answer;
  },
  async confirm(message) {
    const answer = await confirm({ message });
    return !isCancel(answer) && answer;
  },
};
