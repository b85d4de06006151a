using System.Xml.Linq;
using Xunit;
using static Tidy.Tests.Faults;

namespace Tidy.Tests;

/// <summary>README and the pages of the packages show only code that is part of a test or of a sample, and link only to
/// what is there.</summary>
public sealed class ReadmeTests
{
    private const string Mark = "<!-- code: ";

    private static readonly Page[] Pages = [.. Directory
        .EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "README.md", SearchOption.AllDirectories)
        .Prepend(Path.Combine(SourceTree.Root, "README.md"))
        .Select(path => new Page(SourceTree.Relative(path), File.ReadAllLines(path)))];

    [Fact]
    public void Every_piece_of_csharp_stands_in_the_file_that_it_names()
    {
        var pieces = Pages.SelectMany(page => page.Lines.Index()
            .Where(line => line.Item == "```csharp").Select(line => (Page: page, Fence: line.Index))).ToList();
        Assert.NotEmpty(pieces);
        AssertNone(pieces.Select(piece => FaultOf(piece.Page, piece.Fence)).OfType<string>());
    }

    [Fact]
    public void Every_link_leads_to_something_in_the_repository()
    {
        var links =
            from page in Pages
            from line in page.Lines
            from rest in line.Split("](").Skip(1)
            let folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, page.Name))!
            let link = rest[..rest.IndexOf(')')]
            where !Path.Exists(Path.Combine(folder, link))
            select $"{page.Name}: {link}";
        AssertNone(links);
    }

    [Fact]
    public void Every_package_has_a_page()
    {
        var packages = SourceTree.Projects.Where(path =>
            XDocument.Load(path).Descendants("IsPackable").Any(packable => packable.Value == "true"));
        AssertNone(packages
            .Where(path => !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "README.md")))
            .Select(SourceTree.Relative));
    }

    private static string? FaultOf(Page page, int fence)
    {
        var mark = page.Lines[fence - 1];
        if (!mark.StartsWith(Mark))
        {
            return $"{page.Name}:{fence + 1}: no line {Mark}FILE --> before it";
        }

        var file = mark[Mark.Length..].Replace(" -->", "");
        var shown = Trimmed(page.Lines.Skip(fence + 1).TakeWhile(line => line != "```"));
        var source = Trimmed(File.ReadAllLines(Path.Combine(SourceTree.Root, file)));
        return source.Contains(shown) ? null : $"{page.Name}:{fence + 1}: {file} has other code";
    }

    // Without the indentation, which differs, and without empty lines.
    private static string Trimmed(IEnumerable<string> lines) =>
        string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));

    private sealed record Page(string Name, string[] Lines);
}
