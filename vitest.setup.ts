import fc from 'fast-check';

// The same cases in every run: a change that breaks a property fails with that change, and not with a later one by chance.
// To look for other cases: FAST_CHECK_SEED=$RANDOM npx nx run edge:test
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_261_128) });
