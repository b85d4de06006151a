namespace DmIo.Compare;

/// <summary>One or more rows of the table: subjects with the same work, run in turn, and their targets.</summary>
/// <param name="Id">P1 to P9, V1 to V3, N1 to N6.</param>
/// <param name="Title">The measured work.</param>
/// <param name="Subjects">Run in this order in each round.</param>
/// <param name="Targets">Targets of the medians.</param>
internal sealed record Contest(
    string Id, string Title, IReadOnlyList<Subject> Subjects, IReadOnlyList<Target> Targets);

/// <summary>A measured program, run as a separate process each time.</summary>
/// <param name="Names">The names of its series; most subjects have one.</param>
/// <param name="RunAsync">Runs once; returns one sample per name.</param>
/// <param name="Missing">Why it cannot run here; null: it can.</param>
internal sealed record Subject(
    IReadOnlyList<string> Names, Func<CancellationToken, Task<IReadOnlyList<Sample>>> RunAsync, string? Missing = null)
{
    internal Subject(string name, Func<CancellationToken, Task<Sample>> runAsync, string? missing = null)
        : this([name], async end => [await runAsync(end)], missing)
    {
    }
}

/// <summary>A subject failed; the message is one sentence for the report.</summary>
internal sealed class SubjectFailedException : Exception
{
    internal SubjectFailedException(string message)
        : base(message)
    {
    }
}
