import type { DragEvent, KeyboardEvent } from 'react';
import type { Task } from 'taskward';
import { describeDue } from './due';
import type { Store } from './store';

type Actions = { edit: (task: Task) => void; search: (q: string) => void; move: (id: number, place: number) => void };
type RowProps = Actions & Pick<Store, 'save' | 'restore' | 'remove'> & { task: Task; place: number; now: number };

/** `move` puts a task above the task that is now at a place. */
export function Row({ task, place, now, edit, search, move, save, restore, remove }: RowProps) {
  const { id, title, description, due, priority, tags, completed, deleted } = task;
  const { text, overdue } = due === null ? {} : describeDue(task, due, now);

  const toggle = () => save(task, { completed: !completed });

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const to = { ArrowUp: place - 1, ArrowDown: place + 2 }[event.key];
    if (to !== undefined && (event.altKey || (event.target as HTMLElement).className === 'handle')) {
      event.preventDefault();
      move(id, to);
    }
  }

  function onDrag(event: DragEvent<HTMLElement>) {
    const { top, height } = event.currentTarget.getBoundingClientRect();
    const below = event.clientY > top + height / 2;
    event.preventDefault();
    event.currentTarget.dataset.gap = { dragover: below ? 'below' : 'above' }[event.type] ?? '';
    if (event.type === 'drop') {
      move(Number(event.dataTransfer.getData('text')), below ? place + 1 : place);
    }
  }

  return (
    <li
      draggable={!deleted} onDragStart={(event) => event.dataTransfer.setData('text', String(id))}
      onDragOver={onDrag} onDragLeave={onDrag} onDrop={onDrag} onKeyDown={onKeyDown}
    >
      <button className="handle" disabled={deleted} aria-label={`Move ${title}`} title="Drag, or press an arrow key" />
      <input type="checkbox" aria-label={`Done: ${title}`} checked={completed} disabled={deleted} onChange={toggle} />
      <div>
        <button className="title" disabled={deleted} onClick={() => edit(task)}>{title}</button>
        {description && <p>{description}</p>}
        {text && <span className={overdue ? 'mark urgent' : 'mark'}>{overdue ? `Overdue: ${text}` : text}</span>}
        {priority && <span className={`mark ${priority}`}>{priority}</span>}
        {tags.map((tag) => <button key={tag} className="mark" onClick={() => search(`"${tag}"`)}>{tag}</button>)}
      </div>
      {deleted && <button aria-label={`Restore ${title}`} onClick={() => restore(task)}>Restore</button>}
      <button className="remove" aria-label={`Delete ${title}`} onClick={() => remove(task)}>×</button>
    </li>
  );
}
