import { type TourStep, tourSteps } from '../actions.ts';
import type { Setup, Verdict } from '../events.ts';
import { figure, many } from './words.ts';

/** A step of the tour: a limit, how it is often kept and why that breaks, and what this project does. */
export interface Step {
  step: TourStep;
  title: string;
  /** What people often do, and what comes of it. */
  often: (setup: Setup) => string;
  /** What this project does instead. */
  here: (setup: Setup) => string;
  /** What to look at while it is broken. */
  look: string;
  /** The light and the part of the picture that are pointed out. */
  point: { light?: Verdict['name']; part: 'gate' | 'edge' | 'pod' };
}

const byName: Record<TourStep, Omit<Step, 'step'>> = {
  'edge-only': {
    title: 'A limit that only the edges keep',
    often: ({ edges }) =>
      `The usual way to cap the connections of a pod is Envoy’s circuit breaker. But each Envoy counts only what it sent itself, and its threads agree only loosely: ${many(edges.length, 'edge')} that let 2 through each put ${figure(edges.length * 2)} or more on one pod.`,
    here: () =>
      'Here the pod counts. It is the only one that knows, and it refuses the third, whoever sent it.',
    look: 'The pods’ own limit of 2 goes off, and a storm asks for every slot. Look at the pods: red is what must not be.',
    point: { light: 'limit', part: 'pod' },
  },
  'small-bucket': {
    title: 'A bucket smaller than the fleet',
    often: ({ edges }) =>
      `Envoys can divide one bucket by their number. With 1 token for ${many(edges.length, 'edge')} none ever holds a whole one, and nobody gets in. So people give each edge a bucket of its own, and the fleet admits ${figure(edges.length)} times the rate; more with each edge that is added.`,
    here: ({ admission }) =>
      admission === 'exact'
        ? 'Here one endpoint picker keeps the clock for all edges. Without it each edge has its share of the rate, not all of it.'
        : 'Here each edge has its share of the rate, not all of it.',
    look: 'First all edges divide one token, then each gets one, and clients keep asking. Look at the slots, which stay empty, and then at the light of the rate.',
    point: { light: 'rate', part: 'edge' },
  },
  'forged-address': {
    title: 'An address that anybody can claim',
    often: () =>
      'A rate for each client needs the client’s address. Behind a load balancer that is in X-Forwarded-For, so the header is often believed from everybody. Whoever writes another address into each request is then a new client each time.',
    here: () =>
      'Here an edge believes the header only from the proxies that you named. Of everybody else it takes the address of the socket, which nobody can make up.',
    look: 'Each client may come once in 5 seconds. One of them asks 20 times, each time with another address. Look at how many get in.',
    point: { part: 'edge' },
  },
  'killed-pod': {
    title: 'A full pod dies',
    often: () =>
      'Pods run out of memory, and nodes go away. All clients of the pod come back at once. Where nothing holds them they push the next pod over its limit, that one dies too, and so on.',
    here: ({ connectionsPerPod: limit, newConnectionsPerSecond: rate }) =>
      `Here they come back at ${figure(rate)} a second, and only into free slots. The others hear “full” at once, and no pod goes over ${figure(limit)}.`,
    look: 'The fullest pod is killed. Look at the others: they stay at their limit, and no light turns red. Mend it, and look how the pod fills again, one by one.',
    point: { light: 'limit', part: 'pod' },
  },
  'no-picker': {
    title: 'Nobody keeps the clock',
    often: () =>
      'One clock for all edges is one thing that can fail. Many designs then fail open, and the limit is gone when it is needed most, or closed, and nobody gets in.',
    here: ({ edges }) =>
      `Here an edge that hears nothing for 250 ms goes on by its own share, 1/${figure(edges.length)} of the rate. On average that is never more than the rate. At worst a free slot is found later.`,
    look: 'All pickers are killed, and clients keep asking. Look at the bucket: the edges go on, and the light of the rate does not turn red.',
    point: { light: 'rate', part: 'gate' },
  },
};

/** The steps in the order of the tour. */
export const steps: readonly Step[] = tourSteps.map((step) => ({ step, ...byName[step] }));
