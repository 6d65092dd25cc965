import '@fontsource-variable/inter';
import { useActionState, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Taskward } from 'taskward';
import { messageOf } from './store';
import './style.css';
import { Tasks } from './Tasks';

const baseUrl: string = import.meta.env.VITE_TASKWARD_URL ?? 'http://localhost:8080';

/** Tokens stay in memory, so a reload signs out. */
function App() {
  const [user, setUser] = useState<{ taskward: Taskward; name: string }>();
  const [error, signIn] = useActionState(async (_: string, form: FormData) => {
    /** Only dev mode has this sign-in by name. */
    async function newToken(): Promise<string> {
      const body = new URLSearchParams({ username: String(form.get('username')) });
      return (await (await fetch(`${baseUrl}/dev/token`, { method: 'POST', body })).json()).access_token;
    }
    try {
      const taskward = new Taskward({ baseUrl, token: () => String(form.get('token')).trim() || newToken() });
      setUser({ taskward, name: (await taskward.me()).user_id });
      return '';
    } catch (failure) {
      return messageOf(failure);
    }
  }, '');

  if (user) {
    return <Tasks taskward={user.taskward} user={user.name} onSignOut={() => setUser(undefined)} />;
  }
  return (
    <main>
      <form className="sign-in" action={signIn}>
        <h1>Taskward</h1>
        <label>Name, in dev mode <input name="username" autoComplete="username" defaultValue="alice" /></label>
        <label>Or a token of your issuer <input name="token" type="password" autoComplete="off" /></label>
        <button className="primary">Sign in</button>
        <p role="status">{error}</p>
      </form>
    </main>
  );
}

createRoot(document.getElementById('root')!).render(<App />);
