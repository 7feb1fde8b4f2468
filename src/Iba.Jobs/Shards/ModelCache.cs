namespace Iba.Jobs;

/// <summary>Copies of models on this machine, named by their hash: a job's folder may be far away, and its model large.</summary>
internal static class ModelCache
{
    /// <summary>A copy of a model, made if it is not there.</summary>
    /// <param name="model">The model in the job's folder.</param>
    /// <param name="sha256">Its hash.</param>
    /// <param name="cache">The folder of the copies.</param>
    /// <returns>The copy's path; what is wrong with the model is wrong with it, too.</returns>
    public static string Take(string model, string sha256, string cache)
    {
        string copy = Path.Combine(cache, $"{sha256}.zip");
        if (Is(copy, sha256) || !File.Exists(model)) return copy;
        Directory.CreateDirectory(cache);
        string temporary = $"{copy}.{Guid.NewGuid():N}";
        File.Copy(model, temporary);
        File.Move(temporary, copy, overwrite: true);
        return copy;
    }

    /// <summary>Whether a file is the model with a hash.</summary>
    public static bool Is(string path, string sha256)
    {
        try
        {
            return File.Exists(path) && JobModel.HashOf(path) == sha256;
        }
        catch (JobException)
        {
            // A copy that was cut short.
            return false;
        }
    }
}
