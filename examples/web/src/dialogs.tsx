import { type ReactNode, useEffect, useRef } from 'react';
import type { Task, TaskChange } from 'taskward';
import { ZONE } from './due';

type DialogProps = { title: string; yes: string; no: string; children: ReactNode; onClose: (form?: FormData) => void };
type EditorProps = { task: Task; onSave: (task: Task, change: TaskChange) => void; onClose: () => void };

/** Opens at once. `onClose` gets no form if the user chose `no` or pressed Escape. */
export function Dialog({ title, yes, no, children, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  const close = () => onClose(dialog.current!.returnValue === 'yes' ? new FormData(form.current!) : undefined);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={close}>
      <form ref={form} method="dialog">
        <h2 id="dialog-title">{title}</h2>
        {children}
        <p className="buttons">
          <button type="button" onClick={() => dialog.current!.close()}>{no}</button>
          <button className="primary" value="yes">{yes}</button>
        </p>
      </form>
    </dialog>
  );
}

/** Saves the fields that the user changed. `task` stays as it was when the editor opened. */
export function Editor({ task, onSave, onClose }: EditorProps) {
  const [date = '', time = ''] = task.due?.split('T') ?? [];

  function close(form?: FormData) {
    const text = (name: string) => String(form?.get(name)).trim() || null;
    const due = text('date') && [text('date'), text('time')].filter(Boolean).join('T');
    const due_zone = due?.includes('T') ? (time ? task.due_zone : ZONE) : null;
    const tags = [...new Set(text('tags')?.split(',').map((tag) => tag.trim()).filter(Boolean))];
    const [title, description, priority] = ['title', 'description', 'priority'].map(text);
    const changed = Object.entries({ title, description, due, due_zone, priority, tags })
      .filter(([name, value]) => String(value) !== String(task[name as keyof Task]));
    onClose();
    if (form) {
      onSave(task, Object.fromEntries(changed));
    }
  }

  return (
    <Dialog title="Edit task" yes="Save" no="Cancel" onClose={close}>
      <label>Title <input name="title" defaultValue={task.title} pattern=".*\S.*" maxLength={255} required /></label>
      <label>Notes <textarea name="description" defaultValue={task.description ?? ''} maxLength={500} /></label>
      <div className="fields">
        <label>Due <input name="date" type="date" defaultValue={date} /></label>
        <label>Time {task.due_zone} <input name="time" type="time" step="any" defaultValue={time} /></label>
        <label>Priority
          <select name="priority" defaultValue={task.priority ?? ''}>
            <option value="">none</option>
            {['low', 'normal', 'high', 'urgent'].map((name) => <option key={name}>{name}</option>)}
          </select>
        </label>
        <label>Tags <input name="tags" defaultValue={task.tags.join(', ')} placeholder="home, garden" /></label>
      </div>
    </Dialog>
  );
}
