using System.CommandLine;

namespace DmIo.Cli;

/// <summary>
/// A command whose help says more than the list of commands does, and ends with examples: lines for a shell, that work
/// when pasted in their order.
/// </summary>
internal sealed class ExampleCommand(string name, string description, string details, string examples)
    : Command(name, description)
{
    internal string Details { get; } = details;

    internal string Examples { get; } = examples;

    /// <summary>The same with more options, behind those that it has.</summary>
    internal ExampleCommand With(IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            Add(option);
        }

        return this;
    }
}
