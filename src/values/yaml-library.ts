// The one place where the package enters: files in YAML 1.2 are read in src/language, files of others in YAML 1.1 are edited in src/modules.
export * from 'yaml';
