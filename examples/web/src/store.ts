import { useEffect, useRef, useState } from 'react';
import { Conflict, type ListQuery, Problem, type Task, type TaskChange, type Taskward } from 'taskward';
import { byPosition, keysFor } from './order';

export type Store = ReturnType<typeof useStore>;

export function messageOf(error: unknown): string {
  const fields = error instanceof Problem ? error.errors.map(({ field, message }) => `${field} ${message}.`) : [];
  return error instanceof Problem ? [error.detail, ...fields].join(' ') : 'There is no response from the service.';
}

const textOf = (task: Task, field: keyof Task) => String(task[field] ?? '') || 'none';

function inView(element: Element, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && resolve());
    observer.observe(element);
    signal.addEventListener('abort', () => observer.disconnect());
  });
}

/** The tasks of the user with unconfirmed changes over them, and the ids of a list as far as the user scrolled. */
export function useStore(taskward: Taskward, query: ListQuery, now: number) {
  const [known, setKnown] = useState<ReadonlyMap<number, Task>>(new Map());
  const [changes, setChanges] = useState<{ id: number; change: Partial<Task> }[]>([]);
  const [list, setList] = useState({ key: '', ids: [] as number[], complete: false });
  const [cursor, setCursor] = useState('');
  const [connected, setConnected] = useState(true);
  const [notice, setNotice] = useState<{ text: string; removed?: Task }>();
  const [question, setQuestion] = useState<{ clashes: string[][]; answer: (form?: FormData) => void }>();
  const end = useRef<HTMLDivElement>(null);
  const key = JSON.stringify(query);
  const fail = (error: unknown) => setNotice({ text: messageOf(error) });

  /** Adds a task of a response. The stream can have brought a newer version. */
  const learn = (task: Task) =>
    setKnown((old) => (task.version < (old.get(task.id)?.version ?? 0) ? old : new Map(old).set(task.id, task)));

  /** Runs an effect that ends with its signal. */
  function useRun(run: (signal: AbortSignal) => Promise<void>, dependencies: unknown[]) {
    useEffect(() => {
      const stop = new AbortController();
      run(stop.signal).catch((error) => stop.signal.aborted || fail(error));
      return () => stop.abort();
    }, dependencies);
  }

  useRun(async (signal) => {
    for await (const copy of taskward.tasks.follow({ signal, onConnection: setConnected })) {
      setKnown(new Map(copy.tasks.map((task) => [task.id, task])));
      setCursor(copy.cursor);
    }
  }, [taskward]);

  // Only the service knows what a search finds. So each change reads the list again.
  useRun(async (signal) => {
    const ids: number[] = [];
    const limit = list.key === key ? Math.min(Math.max(50, list.ids.length + 1), 1000) : 50;
    for await (const page of taskward.tasks.pages({ ...query, limit }, { signal })) {
      page.forEach(learn);
      ids.push(...page.map(({ id }) => id));
      setList({ key, ids: [...ids], complete: page.length < limit });
      await inView(end.current!, signal);
    }
    setList({ key, ids, complete: true });
  }, [taskward, key, cursor, now]);

  /** Shows a change at once, and takes it back when the service has confirmed or refused it. */
  async function edit(task: Task, change: Partial<Task>, send: () => Promise<Task>): Promise<Task | undefined> {
    const unconfirmed = { id: task.id, change };
    setChanges((all) => [...all, unconfirmed]);
    setNotice(undefined);
    try {
      const confirmed = await send();
      learn(confirmed);
      return confirmed;
    } catch (error) {
      fail(error);
    } finally {
      setChanges((all) => all.filter((other) => other !== unconfirmed));
    }
  }

  /** Merges with changes of other clients. The user decides if another client changed the same field. */
  async function update(seen: Task, change: TaskChange): Promise<Task> {
    try {
      return await taskward.tasks.update(seen, change);
    } catch (error) {
      if (!(error instanceof Conflict)) {
        throw error;
      }
      const [mine, theirs] = [{ ...seen, ...change } as Task, error.current];
      const fields = (Object.keys(change) as (keyof Task)[]).filter((field) => field !== 'position');
      const differing = fields.filter((field) => textOf(mine, field) !== textOf(theirs, field));
      const clash = differing.some((field) => textOf(seen, field) !== textOf(theirs, field));
      const clashes = differing.map((field) => [field, textOf(mine, field), textOf(theirs, field)]);
      const ask = () => new Promise<FormData | undefined>((answer) => setQuestion({ clashes, answer }));
      const keep = !clash || (await ask().finally(() => setQuestion(undefined)));
      return keep ? update(theirs, change) : theirs;
    }
  }

  const tasks = new Map(known);
  changes.forEach(({ id, change }) => tasks.set(id, { ...tasks.get(id)!, ...change }));
  const ordered = [...tasks.values()].filter((task) => !task.deleted).sort(byPosition);

  const create = (title: string) => {
    const position = keysFor([{ position: null }, ...ordered], 0)[0]![1];
    void taskward.tasks.create({ title, position }).then(learn, fail);
  };
  const save = (task: Task, change: TaskChange) => edit(task, change as Partial<Task>, () => update(task, change));
  const restore = (task: Task) => edit(task, { deleted: false }, () => taskward.tasks.restore(task));
  const remove = async (task: Task) => {
    const removed = { ...task, deleted: true, version: task.version + 1 };
    if (await edit(task, { deleted: true }, () => taskward.tasks.delete(task).then(() => removed))) {
      setNotice({ text: `Moved “${task.title}” to the trash.`, removed });
    }
  };
  const state = { tasks, ordered, list, loaded: list.key === key, connected, notice, question, end };
  return { ...state, setNotice, fail, create, save, restore, remove };
}
