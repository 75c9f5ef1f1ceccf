// Preloaded into a process, this puts its clock into another year.
const RealDate = Date;
const offsetMilliseconds = 5 * 365 * 24 * 3600 * 1000;

class LaterDate extends RealDate {
  constructor(...given: [] | ConstructorParameters<typeof Date>) {
    if (given.length === 0) super(RealDate.now() + offsetMilliseconds);
    else super(...given);
  }

  static override now(): number {
    return RealDate.now() + offsetMilliseconds;
  }
}

Object.assign(globalThis, { Date: LaterDate });
