/** What {@link FreePods} keeps in each pod. */
export interface Ranked {
  /** Free slots, up to {@link MOST_RANKS}; 0: in no rank. */
  rank: number;
  /** Its place in the rank. */
  place: number;
}

/** Pods with so many free slots or more count as equal: a look for the highest rank takes no more steps than this. */
const MOST_RANKS = 1024;

/** Pods that have a free slot, ranked by how many. Takes and gives in constant time, however many pods there are. */
export class FreePods<Pod extends Ranked> {
  readonly #ranks: Pod[][] = Array.from({ length: MOST_RANKS + 1 }, () => []);
  /** No pod is in a rank above. */
  #highest = 0;

  /** Takes note of how many slots a pod has free. */
  rank(pod: Pod, free: number): void {
    const rank = Math.min(free, MOST_RANKS);
    if (rank === pod.rank) return;
    if (pod.rank > 0) {
      const pods = this.#at(pod.rank);
      const last = pods.pop();
      if (last !== undefined && last !== pod) put(pods, last, pod.place);
    }
    pod.rank = rank;
    if (rank > 0) {
      const pods = this.#at(rank);
      put(pods, pod, pods.length);
      this.#highest = Math.max(this.#highest, rank);
    }
  }

  /**
   * Up to `most` different pods, those with most free slots first, in random order among equals.
   * @param random numbers from 0 up to 1
   */
  choose(most: number, random: () => number): Pod[] {
    while (this.#highest > 0 && this.#at(this.#highest).length === 0) this.#highest--;
    const chosen: Pod[] = [];
    for (let rank = this.#highest; rank > 0 && chosen.length < most; rank--) {
      const pods = this.#at(rank);
      const take = Math.min(pods.length, most - chosen.length);
      for (let place = 0; place < take; place++) {
        const other = place + Math.floor(random() * (pods.length - place));
        const [pod, moved] = [pods[other] as Pod, pods[place] as Pod];
        put(pods, moved, other);
        put(pods, pod, place);
        chosen.push(pod);
      }
    }
    return chosen;
  }

  #at(rank: number): Pod[] {
    return this.#ranks[rank] as Pod[];
  }
}

function put<Pod extends Ranked>(pods: Pod[], pod: Pod, place: number): void {
  pods[place] = pod;
  pod.place = place;
}
