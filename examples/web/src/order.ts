import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing';
import type { Task } from 'taskward';

/** The order of `sort=position`: tasks without a key come last. `~` is above all characters of a key. */
export function byPosition(a: Task, b: Task): number {
  const [key, other] = [a.position ?? '~', b.position ?? '~'];
  return key < other ? -1 : key > other ? 1 : a.id - b.id;
}

/** The new keys after a task came to a place: its own, or more if there is no key between the neighbours. */
export function keysFor<T extends Pick<Task, 'position'>>(tasks: T[], place: number): [T, string][] {
  const [above, moved, below] = [tasks[place - 1], tasks[place]!, tasks[place + 1]];
  try {
    const key = generateKeyBetween(above?.position ?? null, below?.position ?? null);
    if (above?.position !== null && key.length <= 64) {
      return [[moved, key]];
    }
  } catch {
    // The neighbours have the same key, or keys of another kind.
  }
  const end = Math.max(place, tasks.findLastIndex(({ position }) => position !== null)) + 1;
  const keys = generateNKeysBetween(null, null, end);
  return tasks.slice(0, end).map((task, i) => [task, keys[i]!]);
}
