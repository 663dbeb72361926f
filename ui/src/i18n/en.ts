const files = import.meta.glob<{ default: object }>("./en/*.json", { eager: true });

const namespaces: Record<string, object> = {};
for (const [path, words] of Object.entries(files)) {
  const name = path.replace("./en/", "").replace(".json", "");
  namespaces[name] = words.default;
}
export default namespaces;
