using System.Reflection;
using Microsoft.CodeAnalysis.CSharp;

namespace Tidy.Tests;

/// <summary>The repository's own C# sources, as text and as syntax trees, and its project files, documents and
/// configurations.</summary>
internal static class SourceTree
{
    private static readonly string[] Rooms = ["src", "tests", "perf", "hocon", ".github"];

    public static CSharpParseOptions Options { get; } = new(LanguageVersion.Preview);

    public static string Root { get; } = typeof(SourceTree).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static IReadOnlyList<SourceFile> Sources { get; } = [.. Files("*.cs").Select(path => new SourceFile(path))];

    public static IReadOnlyList<string> Projects { get; } = [.. Files("*.csproj")];

    /// <summary>README.md of the top level, and every other Markdown file.</summary>
    public static IReadOnlyList<string> Documents { get; } = [Path.Combine(Root, "README.md"), .. Files("*.md")];

    public static IReadOnlyList<string> Configurations { get; } = [.. Files("*.conf")];

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static IEnumerable<string> Files(string pattern) => Rooms
        .Select(room => Path.Combine(Root, room))
        .Where(Directory.Exists)
        .SelectMany(room => Directory.EnumerateFiles(room, pattern, SearchOption.AllDirectories))
        .Where(path => !Relative(path).Split('/').Any(part => part is "bin" or "obj" or "artifacts"))
        .Order(StringComparer.Ordinal);

    internal sealed class SourceFile(string path)
    {
        public string Name { get; } = Relative(path);

        public string[] Lines { get; } = File.ReadAllLines(path);

        public Microsoft.CodeAnalysis.SyntaxTree Tree { get; } =
            CSharpSyntaxTree.ParseText(File.ReadAllText(path), Options);
    }
}
