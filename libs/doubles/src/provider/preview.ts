import { AsyncLocalStorage } from 'node:async_hooks';
import { isDeepStrictEqual } from 'node:util';
import { Server } from '@grpc/grpc-js';
import type { Properties } from '../account/account.ts';
import { takeDefaultTags } from './default-tags.ts';

/** How a provider writes a value that is not known yet (`UnknownStringValue` in pulumi/sdk/go/common/resource/plugin). */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

const previewing = new AsyncLocalStorage<true>();

/** Whether the engine only asks what an operation would do. */
export const inPreview = (): boolean => previewing.getStore() === true;

/** Runs something as the answer to a preview. */
export const asPreview = <T>(action: () => T): T => previewing.run(true, action);

/**
 * What a preview says that a resource will be: what was given and what stays as it was are known, all else is not.
 * So does the bridge of the real providers.
 *
 * @param after what it would be, from what is given
 * @param before what it is; undefined where there is none
 */
export function foreseen(after: Properties, before: unknown, given: Properties): Properties {
  return Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, part(value, partOf(before, key), partOf(given, key))]),
  );
}

function part(after: unknown, before: unknown, given: unknown): unknown {
  if (given === UNKNOWN) return UNKNOWN;
  if (isDeepStrictEqual(after, given) || isDeepStrictEqual(after, before)) return after;
  if (typeof after !== 'object' || after === null || Array.isArray(after)) return UNKNOWN;
  return foreseen(after as Properties, before, (given ?? {}) as Properties);
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** An answer of a provider in the engine's protocol, and how it is given. */
type Answer = (error: unknown, response?: { setSupportspreview?(supports: boolean): void }) => void;
type Method = (
  call: { request: { getPreview?(): boolean; getArgs?(): { toJavaScript(): unknown } | undefined } },
  answer: Answer,
) => unknown;

/**
 * Lets the providers of this process be asked in a preview, as the real ones are. Pulumi's server for providers in
 * Node does not say that it can be, and does not tell the provider that it is: so the engine takes the inputs of what
 * is created or updated for all that it will be.
 */
export function supportPreview(): void {
  const { addService } = Server.prototype;
  Server.prototype.addService = function (service, methods) {
    const { configure, create, update } = methods as unknown as Record<string, Method>;
    if (!configure || !create || !update) return addService.call(this, service, methods);
    const told = (method: Method): Method =>
      function (this: unknown, call, answer) {
        const asked = () => method.call(this, call, answer);
        return call.request.getPreview?.() ? asPreview(asked) : asked();
      };
    const answering: Method = function (this: unknown, call, answer) {
      takeDefaultTags(call.request.getArgs?.()?.toJavaScript());
      return configure.call(this, call, (error, response) => {
        response?.setSupportspreview?.(true);
        answer(error, response);
      });
    };
    // The methods are those of an object that knows its provider.
    Object.assign(methods, { configure: answering, create: told(create), update: told(update) });
    return addService.call(this, service, methods);
  };
}
