import { useEffect, useState } from 'react';
import type { Task, Taskward } from 'taskward';
import { Dialog, Editor } from './dialogs';
import { byPosition, keysFor } from './order';
import { Row } from './Row';
import { useStore } from './store';

export function Tasks({ taskward, user, onSignOut }: { taskward: Taskward; user: string; onSignOut: () => void }) {
  const [trash, setTrash] = useState(false);
  const [q, setQ] = useState('');
  const [now, setNow] = useState(Date.now());
  const [editing, setEditing] = useState<Task>();

  const query = { deleted: trash, sort: trash ? '-deleted_at' : 'position', ...(q.trim() && { q }) } as const;
  const store = useStore(taskward, query, now);
  const { tasks, ordered, list, loaded, notice, setNotice, question } = store;
  const listed = list.ids.flatMap((id) => tasks.get(id) ?? []).filter((task) => task.deleted === trash);
  const online = navigator.onLine && store.connected;
  const shown = trash ? listed : listed.sort(byPosition);

  useEffect(() => {
    const timer = setTimeout(() => setNotice(undefined), 10_000);
    return () => clearTimeout(timer);
  }, [notice]);

  useEffect(() => {
    const update = () => setNow(Date.now());
    const timer = setInterval(update, 30_000);
    ['online', 'offline', 'focus'].forEach((event) => addEventListener(event, update));
    return () => clearInterval(timer);
  }, []);

  /** Moves a task above the task at a place, or below the last one. */
  function move(id: number, to: number) {
    const [task, from] = [tasks.get(id), shown.findIndex((other) => other.id === id)];
    if (task && to >= 0 && to <= shown.length && to !== from && to !== from + 1) {
      const others = ordered.filter((other) => other !== task);
      const place = to < shown.length ? others.indexOf(shown[to]!) : others.indexOf(shown.at(-1)!) + 1;
      keysFor(others.toSpliced(place, 0, task), place).forEach(([moved, position]) => store.save(moved, { position }));
      setNotice({ text: `Moved “${task.title}” to place ${to > from ? to : to + 1} of ${shown.length}.` });
    }
  }

  async function removeForGood(task?: Task) {
    if (confirm(`Delete ${task ? `“${task.title}”` : 'all tasks in the trash'} for good?`)) {
      await (task ? taskward.tasks.remove(task) : taskward.tasks.emptyTrash()).catch(store.fail);
      setNow(Date.now()); // reads the list again
    }
  }

  const actions = { ...store, ...(trash && { remove: removeForGood }), edit: setEditing, search: setQ, move };
  return (
    <>
      <header>
        <h1>Taskward</h1>
        <nav aria-label="Lists">
          <button aria-current={!trash} onClick={() => setTrash(false)}>Tasks</button>
          <button aria-current={trash} onClick={() => setTrash(true)}>Trash</button>
        </nav>
        <p>{user}</p>
        <button onClick={onSignOut}>Sign out</button>
      </header>
      <main>
        <p className="banner" role="status">{!online && 'You are offline. The list shows the last known state.'}</p>
        {!trash && (
          <form className="row" action={(form) => store.create(String(form.get('title')))}>
            <input name="title" aria-label="New task" placeholder="Add a task" maxLength={255} required />
            <button className="primary">Add</button>
          </form>
        )}
        <div className="row">
          <span role="status">{loaded && `${shown.length}${list.complete ? '' : '+'} ${q ? 'found' : 'in all'}`}</span>
          {trash && <button onClick={() => removeForGood()}>Empty trash</button>}
          <input
            type="search" aria-label="Search" placeholder="Search" maxLength={100}
            value={q} onChange={(event) => setQ(event.target.value)}
          />
        </div>
        <ul aria-label={trash ? 'Trash' : 'Tasks'} aria-busy={!loaded}>
          {shown.map((task, place) => <Row key={task.id} {...actions} {...{ task, place, now }} />)}
        </ul>
        {loaded && !shown.length && <p className="empty">{q ? 'No task has these words.' : 'No tasks here.'}</p>}
        <div ref={store.end} />
        <div className="notice" role="status">
          {notice && <span>{notice.text}</span>}
          {notice?.removed && <button onClick={() => store.restore(notice.removed!)}>Undo</button>}
        </div>
      </main>
      {editing && <Editor task={editing} onSave={store.save} onClose={() => setEditing(undefined)} />}
      {question && (
        <Dialog title="Another window changed this task" yes="Keep mine" no="Take theirs" onClose={question.answer}>
          {question.clashes.map(([field, mine, theirs]) => (
            <dl key={field}><dt>{field!.replace('_', ' ')}</dt><dd>Mine: {mine}</dd><dd>Theirs: {theirs}</dd></dl>
          ))}
        </Dialog>
      )}
    </>
  );
}
