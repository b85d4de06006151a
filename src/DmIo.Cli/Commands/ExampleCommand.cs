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
}
