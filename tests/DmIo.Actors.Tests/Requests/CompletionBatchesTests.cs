using DmIo.Actors.Tests.Client;
using Xunit;

namespace DmIo.Actors.Tests.Requests;

public sealed class CompletionBatchesTests
{
    private readonly CompletionBatches batches = new();
    private readonly RecordingBatch first = new();
    private readonly RecordingBatch second = new();

    [Fact]
    public void A_batch_is_begun_once_and_ended_once_in_each_turn()
    {
        batches.Begin(first);
        batches.Begin(first);
        batches.End();
        batches.End();
        batches.Begin(first);
        batches.End();

        Assert.Equal("begin end-only begin end-only", first.Told);
    }

    [Fact]
    public void A_batch_hears_that_there_was_another()
    {
        batches.Begin(first);
        batches.Begin(second);
        batches.Begin(first);
        batches.End();

        Assert.Equal(("begin end", "begin end"), (first.Told, second.Told));
    }

    [Fact]
    public void Outcomes_without_a_batch_make_no_difference()
    {
        batches.Begin(null);
        batches.Begin(first);
        batches.Begin(null);
        batches.End();

        Assert.Equal("begin end-only", first.Told);
    }
}
