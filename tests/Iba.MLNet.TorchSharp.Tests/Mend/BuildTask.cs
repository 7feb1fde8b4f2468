// What the mend uses of MSBuild, which compiles it in builds: enough to run it here.
#pragma warning disable IDE0130 // The names are MSBuild's.
using System.Globalization;

namespace Microsoft.Build.Framework
{
    [AttributeUsage(AttributeTargets.Property)]
    public sealed class RequiredAttribute : Attribute;
}

namespace Microsoft.Build.Utilities
{
    public abstract class Task
    {
        public TaskLog Log { get; } = new();

        public abstract bool Execute();
    }

    public sealed class TaskLog
    {
        public List<string> Errors { get; } = [];

        public void LogError(string message, params object[] arguments) => Errors.Add(string.Format(CultureInfo.InvariantCulture, message, arguments));
    }
}
