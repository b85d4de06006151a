using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;
using static Tidy.Tests.Faults;

namespace Tidy.Tests;

/// <summary>
/// Who may look into whom. Projects: Cli -> Nbd -> Actors -> DmIo, Actors -> Akka, TestKit -> Actors; never back, never
/// sideways.
/// Rooms of DmIo: Devices -> Memory -> {Io, Pages}; Decorators -> Devices.
/// </summary>
public sealed class LayeringTests
{
    private static readonly Dictionary<string, string[]> AllowedProjects = new(StringComparer.Ordinal)
    {
        ["DmIo"] = [],
        ["DmIo.Actors"] = ["Akka", "DmIo"],
        ["DmIo.Nbd"] = ["Akka", "DmIo.Actors"],
        ["DmIo.Hosting"] = ["Akka", "Akka.Hosting", "DmIo.Nbd"],
        ["DmIo.TestKit"] = ["Akka", "DmIo.Actors"],
        ["DmIo.Cli"] = ["Akka", "Akka.Logger.Serilog", "DmIo.Nbd"],
        ["DmIo.Compare"] = ["Akka", "DmIo.Cli"],
        ["DmIo.Soak"] = ["Akka", "DmIo.Nbd"],
        ["DmIo.Benchmarks"] = ["Akka", "DmIo.Actors"],
        ["DmIo.Tests"] = ["DmIo"],
        ["DmIo.Actors.Tests"] = ["Akka", "Akka.TestKit.Xunit2", "Akka.Logger.Serilog", "DmIo.Actors"],
        ["DmIo.Nbd.Tests"] = ["Akka", "Akka.TestKit.Xunit2", "DmIo.Nbd"],
        ["DmIo.Hosting.Tests"] = ["Akka", "Akka.Hosting", "DmIo.Hosting"],
        ["DmIo.Simulation"] = ["Akka", "DmIo.Actors", "DmIo.TestKit"],
        ["DmIo.TestKit.Tests"] = ["Akka", "DmIo.Nbd", "DmIo.TestKit"],
        ["DmIo.Faults.Tests"] = ["Akka", "DmIo.Cli", "DmIo.Nbd"],
        ["DmIo.Compare.Tests"] = ["DmIo.Compare"],
        ["DmIo.Cli.Tests"] = ["Akka", "DmIo.Cli"],
        ["Journal"] = [],
        ["Web"] = [],
        ["Tidy.Tests"] = [],
    };

    private static readonly Dictionary<string, string[]> AllowedNamespaces = new(StringComparer.Ordinal)
    {
        ["src/DmIo/Io/"] = [],
        ["src/DmIo/Pages/"] = ["DmIo.Io"],
        ["src/DmIo/Memory/"] = ["DmIo.Io", "DmIo.Pages"],
        ["src/DmIo/Devices/Decorators/"] = ["DmIo.Io", "DmIo.Memory", "DmIo.Pages", "DmIo.Devices"],
        ["src/DmIo/Devices/"] = ["DmIo.Io", "DmIo.Memory", "DmIo.Pages"],
        ["src/DmIo/"] = [],
        ["src/DmIo.Nbd/Protocol/"] = ["DmIo.Io"],
        ["src/DmIo.Nbd/Transport/"] = ["DmIo.Nbd.Protocol"],
    };

    [Fact]
    public void Every_project_refers_only_to_the_rooms_below_it()
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

    [Fact]
    public void Every_file_uses_only_the_namespaces_below_its_room()
    {
        var faults =
            from source in SourceTree.Sources
            let room = AllowedNamespaces.Keys.FirstOrDefault(room => source.Name.StartsWith(room))
            where room is not null
            from used in source.Tree.GetRoot().DescendantNodes().OfType<UsingDirectiveSyntax>()
            let name = used.NamespaceOrType.ToString()
            where name.StartsWith("DmIo") || name.StartsWith("Akka")
            where !AllowedNamespaces[room].Any(allowed => name == allowed || name.StartsWith(allowed + "."))
            select $"{source.Name} may not use {name}";

        AssertNone(faults);
    }

    [Fact]
    public void No_source_asks_which_actor_runtime_it_is_built_on()
    {
        var faults =
            from source in SourceTree.Sources
            from trivia in source.Tree.GetRoot().DescendantTrivia(descendIntoTrivia: true)
            where trivia.GetStructure() is IfDirectiveTriviaSyntax
            select $"{source.Name} has an #if";

        AssertNone(faults);
    }
}
