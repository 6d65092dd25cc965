const random = (n) => Math.floor(Math.random() * n);

/** A request of the mix, as in load.lua: for a random user, about a random task of that user. */
export function mix(tokens, users, tasksEach) {
  const user = random(tokens.length);
  const headers = { Authorization: `Bearer ${tokens[user]}` };
  const task = `/${user + 1 + users * random(tasksEach)}`;
  const dice = random(10);
  if (dice < 6) {
    return { method: 'GET', path: '?limit=20', headers };
  } else if (dice < 8) {
    return { method: 'GET', path: task, headers };
  } else if (dice < 9) {
    headers['Content-Type'] = 'application/json';
    const title = `Call back customer ${100_000 + random(900_000)}`;
    const description =
      'There is a question about the last invoice, and it has to go to the new address.';
    return { method: 'POST', path: '', headers, body: JSON.stringify({ title, description }) };
  }
  return { method: 'PATCH', path: `${task}/complete`, headers };
}
