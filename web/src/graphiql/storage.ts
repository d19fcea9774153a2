/**
 * GraphiQL keeps tabs and history in the browser. Each workspace has its own, so that one tenant's queries
 * never show in another.
 */
export function workspaceStorage(slug: string, storage: Storage = window.localStorage) {
  const prefix = `rapport.${slug}.`;
  const own = () => Object.keys(storage).filter((key) => key.startsWith(prefix));
  return {
    get length() {
      return own().length;
    },
    getItem: (key: string) => storage.getItem(prefix + key),
    setItem: (key: string, value: string) => storage.setItem(prefix + key, value),
    removeItem: (key: string) => storage.removeItem(prefix + key),
    clear: () => {
      for (const key of own()) storage.removeItem(key);
    },
  };
}
