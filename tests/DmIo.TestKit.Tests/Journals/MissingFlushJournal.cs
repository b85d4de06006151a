using DmIo.Actors.Client;

namespace DmIo.TestKit.Tests.Journals;

/// <summary>The journal with a bug: one flush at the end for both writes, since flushes are slow. A crash may keep the
/// header and lose the record.</summary>
internal sealed class MissingFlushJournal : Journal
{
    private MissingFlushJournal(IoClient client, string device)
        : base(client, device)
    {
    }

    internal static new Task<Journal> OpenAsync(IoClient client, string device) =>
        OpenAsync(new MissingFlushJournal(client, device));

    internal override async Task CommitAsync(string record)
    {
        await WriteRecordAsync(record);
        await WriteHeaderAsync(Records.Count + 1);
        await FlushAsync();
        Keep(record);
    }
}
