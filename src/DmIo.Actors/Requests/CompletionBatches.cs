namespace DmIo.Actors;

/// <summary>The batches that have outcomes in one turn; each is begun once, and ended behind the last
/// outcome.</summary>
internal sealed class CompletionBatches
{
    private readonly List<ICompletionBatch> begun = [];

    internal void Begin(ICompletionBatch? batch)
    {
        if (batch is not null && !begun.Contains(batch))
        {
            begun.Add(batch);
            batch.Begin();
        }
    }

    internal void End()
    {
        var isOnly = begun.Count == 1;
        foreach (var batch in begun)
        {
            batch.End(isOnly);
        }

        begun.Clear();
    }
}
