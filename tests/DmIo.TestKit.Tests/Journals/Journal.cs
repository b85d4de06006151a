using System.Globalization;
using DmIo.Actors.Client;
using DmIo.Io;

namespace DmIo.TestKit.Tests.Journals;

/// <summary>
/// A journal on a device: consecutive records of up to three sectors with checksums, and a header in sector 0 with
/// their number. A record is committed by the header, which is written when the record is durable. An example of an
/// application that is tested with the kit.
/// </summary>
internal class Journal
{
    private const int SlotSectors = 3;

    private readonly IoClient client;
    private readonly string device;
    private readonly List<string> records = [];

    protected Journal(IoClient client, string device)
    {
        this.client = client;
        this.device = device;
    }

    /// <summary>The committed records in order.</summary>
    internal IReadOnlyList<string> Records => records;

    private IoRegion Header => new(device, 0, 1);

    /// <summary>Recovers the records of the device; a blank device has none.</summary>
    /// <exception cref="InvalidDataException">A committed record is missing.</exception>
    internal static Task<Journal> OpenAsync(IoClient client, string device) =>
        OpenAsync(new Journal(client, device));

    /// <summary>When it returns, the record survives any crash.</summary>
    internal virtual async Task CommitAsync(string record)
    {
        await WriteRecordAsync(record);
        await FlushAsync();
        await WriteHeaderAsync(records.Count + 1);
        await FlushAsync();
        records.Add(record);
    }

    protected static async Task<Journal> OpenAsync(Journal journal)
    {
        var header = await journal.ReadAsync(journal.Header);
        var count = header is null ? 0 : int.Parse(header, CultureInfo.InvariantCulture);
        while (journal.records.Count < count)
        {
            journal.records.Add(await journal.ReadAsync(journal.Slot(journal.records.Count))
                ?? throw new InvalidDataException($"record {journal.records.Count + 1} is missing"));
        }

        return journal;
    }

    protected void Keep(string record) => records.Add(record);

    protected async Task WriteRecordAsync(string record) =>
        (await client.WriteAsync(Slot(records.Count), SealedBlock.Seal(record.PadRight(1200)))).ThrowIfFailed();

    protected async Task WriteHeaderAsync(int count)
    {
        var header = SealedBlock.Seal(count.ToString(CultureInfo.InvariantCulture));
        (await client.WriteAsync(Header, header)).ThrowIfFailed();
    }

    protected async Task FlushAsync() => (await client.FlushAsync(device)).ThrowIfFailed();

    private IoRegion Slot(int record) => new(device, 1 + (record * SlotSectors), SlotSectors);

    private async Task<string?> ReadAsync(IoRegion region)
    {
        var block = new byte[region.Count.Bytes];
        (await client.ReadAsync(region, block)).ThrowIfFailed();
        return SealedBlock.Unseal(block)?.TrimEnd();
    }
}
