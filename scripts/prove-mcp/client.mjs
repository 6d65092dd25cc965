// What the parts share: the client of the TypeScript SDK, and calls of its tools.
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { equal } from '../prove-tokens/world.mjs';

/** @param options of the transport, besides the token */
export async function connect(url, token, options = {}) {
  const client = new Client({ name: 'prove-mcp', version: '1.0.0' });
  const headers = { Authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers },
    ...options,
  });
  await client.connect(transport);
  equal(transport.sessionId, undefined, 'session');
  return client;
}

/** Calls a tool, which must succeed. Returns its structured content, which its text repeats. */
export async function call(client, name, args) {
  const { isError, content, structuredContent } = await client.callTool({ name, arguments: args });
  equal(isError, false, content[0].text);
  equal(JSON.parse(content[0].text), structuredContent, 'text');
  return structuredContent;
}

/** Calls a tool, which must return an error that the model can read. Returns its text. */
export async function refused(client, name, args, expected) {
  const { isError, content } = await client.callTool({ name, arguments: args });
  equal([isError, expected.test(content[0].text)], [true, true], `${name}: ${content[0].text}`);
  return content[0].text;
}

/** What a call throws, if HTTP or JSON-RPC refuses it. */
export function thrown(promise) {
  return promise.then(
    (result) => Promise.reject(new Error(`no error: ${JSON.stringify(result)}`)),
    (error) => error,
  );
}

/** Sends a request without a client. Returns its status, and its challenge as the SDK reads it. */
export async function challenge(url, headers, body = '{}') {
  const response = await fetch(url, { method: 'POST', headers, body });
  return { status: response.status, ...extractWWWAuthenticateParams(response) };
}

export const ids = ({ tasks }) => tasks.map((task) => task.id);
export const titles = ({ tasks }) => tasks.map((task) => task.title);
