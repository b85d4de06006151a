namespace DmIo.Compare;

/// <summary>One row or more of the table: subjects that do the same, in turn, and what is expected of them.</summary>
/// <param name="Id">P1 to P9, N1 to N6.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Subjects">Run in this order, round after round.</param>
/// <param name="Targets">What the medians are held against.</param>
internal sealed record Contest(
    string Id, string Title, IReadOnlyList<Subject> Subjects, IReadOnlyList<Target> Targets);

/// <summary>Whoever runs, as one process of its own for each run.</summary>
/// <param name="Names">What its samples are called; most have one.</param>
/// <param name="RunAsync">Runs once; one sample for each name.</param>
/// <param name="Missing">Why it can't be run here; null: it can.</param>
internal sealed record Subject(
    IReadOnlyList<string> Names, Func<CancellationToken, Task<IReadOnlyList<Sample>>> RunAsync, string? Missing = null)
{
    internal Subject(string name, Func<CancellationToken, Task<Sample>> runAsync, string? missing = null)
        : this([name], async end => [await runAsync(end)], missing)
    {
    }
}

/// <summary>A subject did not do what it was asked for; the message is one sentence for the report.</summary>
internal sealed class SubjectFailedException : Exception
{
    internal SubjectFailedException(string message)
        : base(message)
    {
    }
}
