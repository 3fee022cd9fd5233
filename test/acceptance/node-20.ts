// matrix-js-sdk asks for Node 22. What it needs of that, and Node 20 lacks, is this; without it a client stops after its first sync, in silence.

interface WithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
}

export function completeNode20(): void {
  if (!('withResolvers' in Promise)) Object.defineProperty(Promise, 'withResolvers', { value: withResolvers });
}

function withResolvers<T>(): WithResolvers<T> {
  let resolve: WithResolvers<T>['resolve'] = () => undefined;
  let reject: WithResolvers<T>['reject'] = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
