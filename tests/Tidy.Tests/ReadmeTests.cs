using Xunit;
using static Tidy.Tests.Faults;

namespace Tidy.Tests;

/// <summary>README shows only code that is part of a test, and links only to what is there.</summary>
public sealed class ReadmeTests
{
    private const string Mark = "<!-- code: ";

    private static readonly string[] Readme = File.ReadAllLines(Path.Combine(SourceTree.Root, "README.md"));

    [Fact]
    public void Every_piece_of_csharp_stands_in_the_test_that_it_names()
    {
        var pieces = Readme.Index().Where(line => line.Item == "```csharp").ToList();
        Assert.NotEmpty(pieces);
        AssertNone(pieces.Select(piece => FaultOf(piece.Index)).OfType<string>());
    }

    [Fact]
    public void Every_link_leads_to_something_in_the_repository()
    {
        var links = Readme.SelectMany(line => line.Split("](").Skip(1)).Select(rest => rest[..rest.IndexOf(')')]);
        AssertNone(links.Where(link => !Path.Exists(Path.Combine(SourceTree.Root, link))));
    }

    private static string? FaultOf(int fence)
    {
        var mark = Readme[fence - 1];
        if (!mark.StartsWith(Mark))
        {
            return $"README.md:{fence + 1}: no line {Mark}FILE --> before it";
        }

        var file = mark[Mark.Length..].Replace(" -->", "");
        var shown = Trimmed(Readme.Skip(fence + 1).TakeWhile(line => line != "```"));
        var source = Trimmed(File.ReadAllLines(Path.Combine(SourceTree.Root, file)));
        return source.Contains(shown) ? null : $"README.md:{fence + 1}: {file} has other code";
    }

    // Without the indentation, which differs, and without empty lines.
    private static string Trimmed(IEnumerable<string> lines) =>
        string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));
}
