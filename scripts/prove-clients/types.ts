// Compiles only if each generator makes plain types of a task.
import type { Task as Fetch } from './client';
import type { Task as HeyApi } from './hey-api';
import type { components } from './openapi-typescript';
import type { Task as Orval } from './orval';

type Plain = {
  id: number;
  user_id: string;
  title: string;
  description: string | null;
  due: string | null;
  due_zone: string | null;
  priority: 'low' | 'normal' | 'high' | 'urgent' | null;
  tags: string[];
  position: string | null;
  metadata: { [key: string]: string };
  completed: boolean;
  completed_at: string | null;
  deleted: boolean;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
  purge_at: string | null;
  version: number;
};

// Two types are equal only if they are identical: `any` equals no other type.
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Fields<Task extends Plain> = { [field in keyof Plain]: Task[field] };

export const plain: [
  Equal<Fields<components['schemas']['Task']>, Plain>,
  Equal<Fields<HeyApi>, Plain>,
  Equal<Fields<Orval>, Plain>,
  Equal<Fetch['priority'], Plain['priority']>,
  Equal<Fetch['completedAt'], Date | null>,
] = [true, true, true, true, true];
