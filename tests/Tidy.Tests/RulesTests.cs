using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;
using static Tidy.Tests.Faults;

namespace Tidy.Tests;

/// <summary>The numbered rules of src/RULES.md: sources and documents cite only rules that are defined, and each rule
/// has tests.</summary>
public sealed partial class RulesTests
{
    private const string Document = "src/RULES.md";

    private static readonly List<Rule> Rules = ReadRules();

    private static readonly TestMethod[] Tests =
    [
        .. from source in SourceTree.Sources
        where source.Name.StartsWith("tests/")
        from method in source.Tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.AttributeLists.SelectMany(list => list.Attributes).Any(IsTest)
        select new TestMethod(
            method.FirstAncestorOrSelf<TypeDeclarationSyntax>()!.Identifier.Text,
            [.. NumbersIn(method.Identifier.Text)]),
    ];

    [Fact]
    public void The_rules_are_numbered_from_1_without_a_gap() =>
        Assert.Equal(Enumerable.Range(1, Rules.Count), Rules.Select(rule => rule.Number));

    [Fact]
    public void Every_rule_that_is_cited_is_defined()
    {
        var defined = Rules.Select(rule => rule.Number).ToHashSet();
        var sources = SourceTree.Sources.Select(source => (source.Name, source.Lines));
        var texts = SourceTree.Documents.Concat(SourceTree.Configurations)
            .Select(path => (Name: SourceTree.Relative(path), Lines: File.ReadAllLines(path)));
        var citations =
            from text in sources.Concat(texts)
            where !text.Name.StartsWith("tests/Tidy.Tests/")
            from line in text.Lines.Index()
            from number in NumbersIn(line.Item)
            select (text.Name, Line: line.Index + 1, Number: number);
        var found = citations.ToList();
        Assert.NotEmpty(found);
        AssertNone(
            from citation in found
            where !defined.Contains(citation.Number)
            select $"{citation.Name}:{citation.Line}: R{citation.Number} is not defined in {Document}");
    }

    [Fact]
    public void Every_rule_has_a_test_whose_name_cites_it() => AssertNone(
        from rule in Rules
        where !Tests.Any(test => test.Rules.Contains(rule.Number))
        select $"R{rule.Number} has no test: name one R{rule.Number}_...");

    [Fact]
    public void Every_test_class_that_a_rule_names_cites_the_rule() => AssertNone(
        from rule in Rules
        from name in rule.TestClasses.DefaultIfEmpty("")
        where !Tests.Any(test => test.Class == name && test.Rules.Contains(rule.Number))
        select name.Length == 0
            ? $"{Document}: R{rule.Number} names no test class"
            : $"{Document}: {name} has no test R{rule.Number}_...");

    private static bool IsTest(AttributeSyntax attribute)
    {
        var name = attribute.Name.ToString();
        return name.EndsWith("Fact", StringComparison.Ordinal) || name.EndsWith("Theory", StringComparison.Ordinal);
    }

    private static IEnumerable<int> NumbersIn(string text) => Citation().Matches(text)
        .Select(match => int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture));

    /// <summary>Each rule is a section "## R1"; its last paragraph, "Tests of ...", names the test classes.</summary>
    private static List<Rule> ReadRules()
    {
        var sections = File.ReadAllText(Path.Combine(SourceTree.Root, Document)).Split("\n## R").Skip(1);
        return
        [
            .. from section in sections
            let title = section[..section.IndexOf('\n')]
            let tests = section.IndexOf("\nTests of ", StringComparison.Ordinal)
            select new Rule(
                int.Parse(title, CultureInfo.InvariantCulture),
                tests < 0 ? [] : [.. Code().Matches(section, tests).Select(match => match.Groups["name"].Value)]),
        ];
    }

    /// <summary>R and a number; in the name of a test it ends with an underscore.</summary>
    [GeneratedRegex(
        "(?<![A-Za-z0-9])R(?<number>[0-9]+)(?![A-Za-z0-9])",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Citation();

    [GeneratedRegex("`(?<name>\\w+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Code();

    private sealed record Rule(int Number, string[] TestClasses);

    private sealed record TestMethod(string Class, int[] Rules);
}
