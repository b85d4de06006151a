using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy.Tests;

/// <summary>The folders of the product and their uses of each other's types, as the compiler binds names.</summary>
internal static class NamespaceGraph
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>One name in a source file that is a type of another folder.</summary>
    internal sealed record Use(string From, string To, string File, string Type);

    public static IReadOnlyList<Use> Uses { get; } = Find();

    /// <summary>The folder of a source file below <c>src</c>, with dots: <c>DmIo.Nbd.Server</c>.</summary>
    internal static string FolderOf(string file) =>
        string.Join('.', Path.GetDirectoryName(file)!.Split('/').Skip(1));

    private static List<Use> Find()
    {
        var product = SourceTree.Sources.Where(source => source.Name.StartsWith("src/")).ToList();
        var files = product.ToDictionary(source => source.Tree, source => source.Name);
        var compilation = CSharpCompilation.Create(
            "Product",
            [.. product.Select(source => source.Tree), CSharpSyntaxTree.ParseText(ImplicitUsings, SourceTree.Options)],
            Platform());
        return [.. product.SelectMany(source => UsesOf(source, compilation.GetSemanticModel(source.Tree), files))];
    }

    private static IEnumerable<MetadataReference> Platform() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));

    private static IEnumerable<Use> UsesOf(
        SourceTree.SourceFile source, SemanticModel model, Dictionary<SyntaxTree, string> files)
    {
        var folder = FolderOf(source.Name);
        return (
            from name in source.Tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
            let type = TypeOf(model.GetSymbolInfo(name))
            where type is not null
            from declaration in type.DeclaringSyntaxReferences
            let file = files.GetValueOrDefault(declaration.SyntaxTree)
            where file is not null && FolderOf(file) != folder
            select new Use(folder, FolderOf(file), source.Name, type.Name)).Distinct();
    }

    private static INamedTypeSymbol? TypeOf(SymbolInfo info)
    {
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        return symbol switch
        {
            INamedTypeSymbol type => type,
            IMethodSymbol { MethodKind: MethodKind.Constructor or MethodKind.ReducedExtension } method =>
                method.ContainingType,
            _ => null,
        };
    }
}
