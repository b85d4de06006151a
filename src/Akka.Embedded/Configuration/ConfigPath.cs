// Paths into a configuration: keys separated by dots, where a key in double quotes may hold dots of its own.

namespace Akka.Configuration;

internal static class ConfigPath
{
    /// <summary>The keys of <paramref name="path"/>; none for an empty path.</summary>
    internal static IEnumerable<string> Split(string path)
    {
        var start = 0;
        while (start < path.Length)
        {
            var quoted = path[start] == '"';
            var first = quoted ? start + 1 : start;
            var end = path.IndexOf(quoted ? '"' : '.', first);
            if (end < 0 && quoted)
            {
                throw new FormatException($"The configuration path '{path}' has a quote that does not end.");
            }

            end = end < 0 ? path.Length : end;
            yield return path[first..end];
            start = end + (quoted ? 2 : 1);
        }
    }
}
