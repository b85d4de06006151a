using DmIo.Actors.Client;

namespace DmIo.TestKit.Tests.Journals;

/// <summary>The journal with another bug: the header counts a record before it is written, although each step is
/// flushed.</summary>
internal sealed class EagerJournal : Journal
{
    private EagerJournal(IoClient client, string device)
        : base(client, device)
    {
    }

    internal static new Task<Journal> OpenAsync(IoClient client, string device) =>
        OpenAsync(new EagerJournal(client, device));

    internal override async Task CommitAsync(string record)
    {
        await WriteHeaderAsync(Records.Count + 1);
        await FlushAsync();
        await WriteRecordAsync(record);
        await FlushAsync();
        Keep(record);
    }
}
