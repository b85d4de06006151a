using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;
using static Tidy.Tests.Faults;

namespace Tidy.Tests;

/// <summary>The documents show only code that is part of a test or of a sample, link only to existing files and
/// sections, and name only existing namespaces and types.</summary>
public sealed partial class ReadmeTests
{
    private const string Mark = "<!-- code: ";
    private const int MaxReadmeLines = 150;

    private static readonly Page[] Pages =
        [.. SourceTree.Documents.Select(path => new Page(SourceTree.Relative(path), File.ReadAllLines(path)))];

    private static readonly (string Namespace, string Name)[] Types =
    [
        .. from source in SourceTree.Sources
        from type in source.Tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        let declared = type.FirstAncestorOrSelf<BaseNamespaceDeclarationSyntax>()
        select (declared?.Name.ToString() ?? "", type.Identifier.Text),
    ];

    [Fact]
    public void Every_csharp_snippet_is_in_the_file_that_it_names()
    {
        var pieces = Pages.SelectMany(page => page.Lines.Index()
            .Where(line => line.Item == "```csharp").Select(line => (Page: page, Fence: line.Index))).ToList();
        Assert.NotEmpty(pieces);
        AssertNone(pieces.Select(piece => FaultOf(piece.Page, piece.Fence)).OfType<string>());
    }

    [Fact]
    public void Every_link_leads_to_a_file_and_a_section_of_the_repository()
    {
        var links =
            from page in Pages
            from line in page.Lines
            from rest in line.Split("](").Skip(1)
            select (page.Name, Link: rest[..rest.IndexOf(')')]);
        var found = links.ToList();
        Assert.NotEmpty(found);
        AssertNone(
            from item in found
            where !Leads(item.Name, item.Link)
            select $"{item.Name}: {item.Link}");
    }

    /// <summary>Package feeds show the page without other files.</summary>
    [Fact]
    public void The_page_of_a_package_has_no_link_to_another_file()
    {
        var packages = Packages.Select(path => SourceTree.Relative(Path.GetDirectoryName(path)!) + "/README.md");
        AssertNone(
            from page in Pages
            where packages.Contains(page.Name)
            from line in page.Lines
            from rest in line.Split("](").Skip(1)
            where !rest.StartsWith('#')
            select $"{page.Name}: {line}");
    }

    [Fact]
    public void The_front_page_is_short() =>
        Assert.InRange(Pages.Single(page => page.Name == "README.md").Lines.Length, 1, MaxReadmeLines);

    [Fact]
    public void Every_namespace_and_project_that_a_text_names_exists()
    {
        var known = SourceTree.Projects.Select(Path.GetFileNameWithoutExtension).OfType<string>()
            .Concat(Types.Select(type => type.Namespace))
            .Concat(Types.Select(type => $"{type.Namespace}.{type.Name}"))
            .ToHashSet(StringComparer.Ordinal);
        var texts = Pages.Concat(SourceTree.Configurations
            .Select(path => new Page(SourceTree.Relative(path), File.ReadAllLines(path))));
        AssertNone(
            from page in texts
            from line in page.Lines.Index()
            from Match match in Dotted().Matches(line.Item)
            where !known.Contains(match.Value)
            select $"{page.Name}:{line.Index + 1}: {match.Value}");
    }

    [Fact]
    public void Every_type_of_the_glossary_exists()
    {
        var named = Pages.Single(page => page.Name == "src/README.md").Lines
            .SkipWhile(line => line != "## Glossary")
            .Where(line => line.StartsWith("| `"))
            .SelectMany(line => Code().Matches(line.Split('|')[1]))
            .Select(match => match.Groups["name"].Value)
            .ToList();
        Assert.NotEmpty(named);
        AssertNone(named.Except(Types.Select(type => type.Name)));
    }

    [Fact]
    public void Every_package_has_a_page()
    {
        AssertNone(Packages
            .Where(path => !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "README.md")))
            .Select(SourceTree.Relative));
    }

    private static IEnumerable<string> Packages => SourceTree.Projects.Where(path =>
        XDocument.Load(path).Descendants("IsPackable").Any(packable => packable.Value == "true"));

    private static bool Leads(string page, string link)
    {
        var parts = link.Split('#');
        var target = parts[0].Length == 0
            ? Path.Combine(SourceTree.Root, page)
            : Path.Combine(Path.GetDirectoryName(Path.Combine(SourceTree.Root, page))!, parts[0]);
        var headings = File.Exists(target) ? File.ReadLines(target).Where(line => line.StartsWith('#')) : [];
        return Path.Exists(target) && (parts.Length == 1 || headings.Any(heading => Anchor(heading) == parts[1]));
    }

    // The anchor that GitHub derives from a heading.
    private static string Anchor(string heading) => string.Concat(heading.TrimStart('#').Trim().ToLowerInvariant()
        .Where(character => char.IsLetterOrDigit(character) || character is ' ' or '-' or '_')).Replace(' ', '-');

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

    // Without indentation, which differs, and without empty lines.
    private static string Trimmed(IEnumerable<string> lines) =>
        string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex(@"\bDmIo(\.[A-Z]\w*)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Dotted();

    [GeneratedRegex("`(?<name>\\w+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Code();

    private sealed record Page(string Name, string[] Lines);
}
