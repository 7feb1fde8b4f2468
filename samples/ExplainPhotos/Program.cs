using ExplainPhotos;

// Two processes: the first fits a pipeline and saves it; the second, which knows nothing but the saved file, loads and applies it.
return CommandLine.Create().Parse(args).Invoke();
