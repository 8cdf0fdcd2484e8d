import type { Agent } from 'node:http';
import type { ProxyChoice } from './proxy-choice.ts';

/** Connections through proxies. */
export interface ProxyAgents {
  /** null: requests to this URL take no proxy. Throws USAGE. */
  agentFor(url: URL): Promise<{ readonly agent: Agent; readonly proxy: URL } | null>;
  close(): void;
}

/** Keeps an agent for each proxy and way to use it. The packages are loaded for the first one. */
export function createProxyAgents(choose: ProxyChoice): ProxyAgents {
  const agents = new Map<string, Promise<Agent>>();
  return {
    async agentFor(url) {
      const proxy = choose(url);
      if (proxy === null) return null;
      const key = `${url.protocol} ${proxy.href}`;
      const agent = agents.get(key) ?? createAgent(url.protocol, proxy);
      agents.set(key, agent);
      return { agent: await agent, proxy };
    },
    close() {
      for (const agent of agents.values()) agent.then((one) => one.destroy()).catch(() => {});
    },
  };
}

/** A proxy is asked for an http address, and passes on what goes to an https one (CONNECT). */
async function createAgent(protocol: string, proxy: URL): Promise<Agent> {
  if (protocol === 'http:') {
    const { HttpProxyAgent } = await import('http-proxy-agent');
    return new HttpProxyAgent(proxy, { keepAlive: true });
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, { keepAlive: true });
}
