using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;
using static Tidy.Tests.Faults;

namespace Tidy.Tests;

/// <summary>
/// Which projects and namespaces may use which others. Projects: Cli -> AspNetCore -> Hosting -> Volumes -> Nbd ->
/// Actors -> DmIo, Actors -> Akka, TestKit -> Actors. The namespaces are in <see cref="NamespaceMap"/>.
/// </summary>
public sealed class LayeringTests
{
    private static readonly Dictionary<string, string[]> AllowedProjects = new(StringComparer.Ordinal)
    {
        ["DmIo"] = [],
        ["DmIo.Actors"] = ["Akka", "DmIo"],
        ["DmIo.Nbd"] = ["Akka", "DmIo.Actors"],
        ["DmIo.Hosting"] = ["Akka", "Akka.Hosting", "DmIo.Nbd", "DmIo.Volumes"],
        ["DmIo.AspNetCore"] = ["DmIo.Hosting"],
        ["DmIo.TestKit"] = ["Akka", "DmIo.Actors"],
        ["DmIo.Volumes"] = ["Akka", "DmIo.Nbd"],
        ["DmIo.Cli"] = ["Akka", "Akka.Logger.Serilog", "DmIo.AspNetCore", "DmIo.Nbd", "DmIo.Volumes"],
        ["DmIo.Compare"] = ["Akka", "DmIo.Cli"],
        ["DmIo.Soak"] = ["Akka", "DmIo.Nbd"],
        ["DmIo.Benchmarks"] = ["Akka", "DmIo.Actors"],
        ["DmIo.Testing"] = ["DmIo.Nbd"],
        ["DmIo.Tests"] = ["DmIo", "DmIo.Testing"],
        ["DmIo.Actors.Tests"] = ["Akka", "Akka.TestKit.Xunit2", "Akka.Logger.Serilog", "DmIo.Actors", "DmIo.Testing"],
        ["DmIo.Nbd.Tests"] = ["Akka", "Akka.TestKit.Xunit2", "DmIo.Nbd", "DmIo.Testing"],
        ["DmIo.Hosting.Tests"] = ["Akka", "Akka.Hosting", "DmIo.Hosting"],
        ["DmIo.AspNetCore.Tests"] = ["Akka", "DmIo.AspNetCore", "DmIo.Testing"],
        ["DmIo.Simulation"] = ["Akka", "DmIo.Actors", "DmIo.TestKit"],
        ["DmIo.TestKit.Tests"] = ["Akka", "DmIo.Nbd", "DmIo.TestKit", "DmIo.Testing"],
        ["DmIo.Faults.Tests"] = ["Akka", "DmIo.Cli", "DmIo.Nbd", "DmIo.Testing"],
        ["DmIo.Compare.Tests"] = ["DmIo.Compare"],
        ["DmIo.Cli.Tests"] = ["Akka", "DmIo.Cli", "DmIo.Testing"],
        ["DmIo.Volumes.Tests"] = ["Akka", "Akka.TestKit.Xunit2", "DmIo.TestKit", "DmIo.Testing", "DmIo.Volumes"],
        ["Journal"] = [],
        ["Web"] = [],
        ["Tidy.Tests"] = [],
    };

    private static readonly Dictionary<string, string[]> AllowedUsings = new(StringComparer.Ordinal)
    {
        ["src/DmIo.Nbd/Protocol/"] = ["DmIo.Io"],
        ["src/DmIo.Nbd/Transport/"] = ["DmIo.Io", "DmIo.Native", "DmIo.Nbd.Protocol"],
    };

    [Fact]
    public void Every_project_refers_only_to_lower_layers()
    {
        var faults = new List<string>();
        foreach (var path in SourceTree.Projects)
        {
            var project = Path.GetFileNameWithoutExtension(path);
            var items = XDocument.Load(path).Descendants().ToList();
            var references = items.Where(item => item.Name.LocalName is "ProjectReference" or "PackageReference")
                .Select(item => item.Attribute("Include")!.Value)
                .Where(name => name.EndsWith(".csproj") || name.StartsWith("Akka"))
                .Select(name => name.EndsWith(".csproj") ? Path.GetFileNameWithoutExtension(name) : name);
            if (!AllowedProjects.TryGetValue(project, out var allowed))
            {
                faults.Add($"{project} is not on the map: give it a place in {nameof(AllowedProjects)}");
                continue;
            }

            faults.AddRange(references.Except(allowed).Select(reference => $"{project} may not refer to {reference}"));
        }

        AssertNone(faults);
    }

    /// <summary>For folders that must not use namespaces of other projects.</summary>
    [Fact]
    public void Every_file_uses_only_namespaces_of_lower_layers()
    {
        var faults =
            from source in SourceTree.Sources
            let folder = AllowedUsings.Keys.FirstOrDefault(folder => source.Name.StartsWith(folder))
            where folder is not null
            from used in source.Tree.GetRoot().DescendantNodes().OfType<UsingDirectiveSyntax>()
            let name = used.NamespaceOrType.ToString()
            where name.StartsWith("DmIo") || name.StartsWith("Akka")
            where !AllowedUsings[folder].Any(allowed => name == allowed || name.StartsWith(allowed + "."))
            select $"{source.Name} may not use {name}";

        AssertNone(faults);
    }

    [Fact]
    public void A_folder_is_a_namespace() => AssertNone(
        from source in SourceTree.Sources
        where NamespaceMap.Covers(source.Name)
        from declared in source.Tree.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
        where declared.Name.ToString() != NamespaceGraph.FolderOf(source.Name)
        select $"{source.Name} declares {declared.Name}; its folder is {NamespaceGraph.FolderOf(source.Name)}");

    [Fact]
    public void Every_namespace_is_on_the_map() => AssertNone(
        SourceTree.Sources.Where(source => NamespaceMap.Covers(source.Name))
            .Select(source => NamespaceGraph.FolderOf(source.Name))
            .Distinct()
            .Except(NamespaceMap.Allowed.Keys)
            .Select(name => $"{name} is not on the map"));

    [Fact]
    public void Every_namespace_uses_only_those_that_the_map_allows() => AssertNone(
        from use in NamespaceGraph.Uses
        where NamespaceMap.Covers(use.File) && NamespaceMap.AreOneProject(use.From, use.To)
        where !NamespaceMap.Allowed.GetValueOrDefault(use.From, []).Contains(use.To)
        select $"{use.From} may not use {use.To}: {use.Type} in {use.File}");

    [Fact]
    public void Every_arrow_of_the_map_is_used() => AssertNone(
        from arrows in NamespaceMap.Allowed
        from to in arrows.Value
        where !NamespaceGraph.Uses.Any(use => use.From == arrows.Key && use.To == to)
        select $"{arrows.Key} does not use {to}");

    [Fact]
    public void The_map_has_no_cycle()
    {
        var left = NamespaceMap.Allowed.Keys.ToHashSet();
        while (left.RemoveWhere(name => !NamespaceMap.Allowed[name].Any(left.Contains)) > 0)
        {
        }

        AssertNone(left.Select(name => $"{name} is in a cycle, or above one"));
    }

    [Fact]
    public void No_source_depends_on_the_build_of_the_actor_runtime()
    {
        var faults =
            from source in SourceTree.Sources
            from trivia in source.Tree.GetRoot().DescendantTrivia(descendIntoTrivia: true)
            where trivia.GetStructure() is IfDirectiveTriviaSyntax
            select $"{source.Name} has an #if";

        AssertNone(faults);
    }
}
