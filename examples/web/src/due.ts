import type { Task } from 'taskward';

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const DAY = 24 * 60 * 60 * 1000;

/** The local time minus UTC in a zone at an instant, in milliseconds. */
function offset(zone: string, instant: number): number {
  const local = new Date(instant).toLocaleString('sv-SE', { timeZone: zone });
  return Date.parse(`${local.replace(' ', 'T').padStart(19, '0')}Z`) - instant;
}

/** The instant of a local time. A skipped time counts as later, a repeated one as the first. */
function instantOf(local: string, zone: string): number {
  const utc = Date.parse(`${local}Z`);
  const candidates = [utc - offset(zone, utc - DAY), utc - offset(zone, utc + DAY)];
  return candidates.find((instant) => instant + offset(zone, instant) === utc) ?? candidates[0]!;
}

/** Says when a task is due on the clock of the reader, and whether that has passed. */
export function describeDue({ due_zone, completed }: Task, due: string, now: number) {
  const hasTime = due.includes('T');
  const at = new Date(instantOf(hasTime ? due : `${due}T00:00`, due_zone ?? ZONE));
  const [day, today] = [at, new Date(now)].map((date) => date.toLocaleDateString('sv-SE').padStart(10, '0'));
  const days = Math.round((Date.parse(day!) - Date.parse(today!)) / DAY);
  const near = new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(days, 'day');
  const date = Math.abs(days) < 2 ? near : at.toLocaleDateString('en-GB', { dateStyle: 'medium' });
  const text = hasTime ? `${date}, ${at.toLocaleTimeString('en-GB', { timeStyle: 'short' })}` : date;
  return { text, overdue: !completed && (hasTime ? at.getTime() < now : days < 0) };
}
