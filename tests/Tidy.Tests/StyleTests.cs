using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;
using static Tidy.Tests.Faults;

namespace Tidy.Tests;

/// <summary>Style limits: line, method and file length, and forbidden names and calls.</summary>
public sealed class StyleTests
{
    private const int MaxLineLength = 120;
    private const int MaxMethodLines = 60;
    private const int MaxFileLines = 400;

    private static readonly string[] SizeNames = ["Size", "SizeBytes", "Capacity", "CapacityBytes"];

    private static readonly string[] VagueNames = ["Utils", "Util", "Helper", "Helpers", "Common", "Manager"];

    [Fact]
    public void No_line_is_longer_than_120_characters()
    {
        var faults =
            from source in SourceTree.Sources
            from line in source.Lines.Index()
            where line.Item.Length > MaxLineLength
            select $"{source.Name}:{line.Index + 1} has {line.Item.Length} characters";

        AssertNone(faults);
    }

    [Fact]
    public void No_method_is_longer_than_60_lines()
    {
        var faults =
            from source in SourceTree.Sources
            from method in source.Tree.GetRoot().DescendantNodes()
            where method is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
            let span = method.GetLocation().GetLineSpan()
            let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
            where lines > MaxMethodLines
            select $"{source.Name}:{span.StartLinePosition.Line + 1} has {lines} lines";

        AssertNone(faults);
    }

    [Fact]
    public void No_file_is_longer_than_400_lines()
    {
        var faults =
            from source in SourceTree.Sources
            where source.Lines.Length > MaxFileLines
            select $"{source.Name} has {source.Lines.Length} lines: what is its second concept?";

        AssertNone(faults);
    }

    [Fact]
    public void Nothing_sleeps_on_a_thread()
    {
        var faults =
            from source in SourceTree.Sources
            from call in source.Tree.GetRoot().DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            where call.Name.Identifier.Text == "Sleep" && call.Expression.ToString().EndsWith("Thread")
            select $"{source.Name}:{call.GetLocation().GetLineSpan().StartLinePosition.Line + 1} sleeps";

        AssertNone(faults);
    }

    [Fact]
    public void No_comment_is_a_todo_and_no_region_is_used()
    {
        string[] words = ["TODO", "FIXME", "HACK", "XXX"];
        var faults =
            from source in SourceTree.Sources
            from trivia in source.Tree.GetRoot().DescendantTrivia(descendIntoTrivia: false)
            where trivia.IsKind(SyntaxKind.RegionDirectiveTrivia)
                || (IsComment(trivia) && words.Any(word => trivia.ToString().Contains(word)))
            select $"{source.Name}:{trivia.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {trivia}";

        AssertNone(faults);
    }

    [Fact]
    public void No_type_has_a_meaningless_name()
    {
        var faults =
            from source in SourceTree.Sources
            from type in source.Tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
            where VagueNames.Any(name => type.Identifier.Text.EndsWith(name, StringComparison.Ordinal))
            select $"{source.Name}: {type.Identifier.Text}";

        AssertNone(faults);
    }

    /// <summary>A number has no unit: 1 &lt;&lt; 20 was bytes in one place and sectors in another.</summary>
    [Fact]
    public void A_public_size_or_capacity_is_a_ByteSize()
    {
        var members =
            from source in SourceTree.Sources
            where source.Name.StartsWith("src/") && !source.Name.StartsWith("src/DmIo.Cli/")
            from node in source.Tree.GetRoot().DescendantNodes()
            let member = node switch
            {
                PropertyDeclarationSyntax property => (property.Identifier, Type: (TypeSyntax?)property.Type),
                ParameterSyntax parameter => (parameter.Identifier, parameter.Type),
                _ => default,
            }
            where IsSize(member.Identifier.Text) && node.AncestorsAndSelf().All(IsPublic)
            select (source, node, member);
        var found = members.ToList();
        Assert.NotEmpty(found);
        AssertNone(
            from item in found
            where item.member.Type?.ToString() is not ("ByteSize" or "ByteSize?")
            select $"{item.source.Name}: {item.node} is a {item.member.Type}");
    }

    [Fact]
    public void The_top_level_has_only_the_known_files()
    {
        string[] expected =
        [
            "DmIo.Actors.sln", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props",
            "LICENSE",
            "README.md", "global.json", "hocon", "perf", "src", "tests",
        ];
        var unexpected = Directory.EnumerateFileSystemEntries(SourceTree.Root)
            .Select(path => Path.GetFileName(path))
            .Where(name => !name.StartsWith('.') && name is not ("artifacts" or "BenchmarkDotNet.Artifacts"))
            .Except(expected);

        AssertNone(unexpected);
    }

    private static bool IsSize(string? name) =>
        name is not null && SizeNames.Any(size => name.EndsWith(size, StringComparison.OrdinalIgnoreCase));

    private static bool IsPublic(SyntaxNode node) => node switch
    {
        LambdaExpressionSyntax or LocalFunctionStatementSyntax => false,
        MemberDeclarationSyntax and not BaseNamespaceDeclarationSyntax =>
            node.Parent is InterfaceDeclarationSyntax
            || ((MemberDeclarationSyntax)node).Modifiers.Any(SyntaxKind.PublicKeyword),
        _ => true,
    };

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia)
        || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
        || trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia);
}
