using DmIo.Io;

namespace DmIo.TestKit.Tests.Crashes;

/// <summary>
/// The possible states after a crash, by brute force and block by block: each write that covers a block is applied in
/// turn, or, if its durability is not certain, may be applied. Blocks are independent, as writes may be torn. A block
/// has two halves, since a short transfer may end in its middle.
/// </summary>
internal sealed class ReplayModel(int blocks)
{
    private const int HalfBytes = Sector.SizeBytes / 2;

    private readonly List<Operation> operations = [];
    private readonly List<string?> events = [];

    internal int Length => events.Count;

    internal IReadOnlyList<Operation> InFlight => [.. operations.Where(one => one.Ended == int.MaxValue)];

    internal void Issue(IoOperation what, int start, int count, bool durable)
    {
        operations.Add(new Operation(operations.Count + 1, what, start, count, durable, events.Count));
        events.Add(null);
    }

    internal void End(Operation operation, bool isOk, int bytes)
    {
        (operation.Ended, operation.IsOk, operation.Bytes) = (events.Count, isOk, bytes);
        events.Add(null);
    }

    internal void Mark(string text) => events.Add(text);

    internal string MarksAt(int point) => string.Join(',', events.Take(point).OfType<string>());

    /// <summary>Every image as text, with two letters per block.</summary>
    internal HashSet<string> ImagesAt(int point)
    {
        IEnumerable<string> images = [""];
        for (var block = 0; block < blocks; block++)
        {
            var contents = ContentsOf(block, point);
            images = [.. images.SelectMany(image => contents.Select(content => image + content))];
        }

        return [.. images];
    }

    internal int CountAt(int point) =>
        Enumerable.Range(0, blocks).Aggregate(1, (count, block) => count * ContentsOf(block, point).Count);

    /// <summary>The letter for the data of an operation.</summary>
    internal static char LetterOf(byte value) => (char)('@' + value);

    private HashSet<string> ContentsOf(int block, int point)
    {
        HashSet<string> contents = ["@@"];
        foreach (var write in operations.Where(one => one.What != IoOperation.Flush && one.Issued < point))
        {
            var changed = contents.Select(content => Change(content, write, block, point)).ToHashSet();
            contents = IsCertain(write, point) ? changed : [.. contents, .. changed];
        }

        return contents;
    }

    private static string Change(string content, Operation write, int block, int point)
    {
        var bytes = write.Ended < point && write.IsOk ? write.Bytes : write.Count * Sector.SizeBytes;
        var halves = (bytes / HalfBytes) - ((block - write.Start) * 2);
        var letter = LetterOf(write.What == IoOperation.Write ? (byte)write.Number : (byte)0);
        return block < write.Start || halves <= 0 ? content
            : halves == 1 ? $"{letter}{content[1]}"
            : $"{letter}{letter}";
    }

    private bool IsCertain(Operation write, int point)
    {
        if (write.Ended >= point || !write.IsOk || write.What == IoOperation.Discard)
        {
            return false;
        }

        return write.Durable || operations.Any(flush =>
            flush.What == IoOperation.Flush && flush.IsOk && flush.Ended < point && flush.Issued > write.Ended
            && !operations.Any(failed => (failed.What == IoOperation.Flush || failed.Durable)
                && failed.Ended != int.MaxValue && !failed.IsOk
                && failed.Ended > write.Ended && failed.Ended < flush.Ended));
    }

    internal sealed record Operation(int Number, IoOperation What, int Start, int Count, bool Durable, int Issued)
    {
        internal int Ended { get; set; } = int.MaxValue;

        internal bool IsOk { get; set; }

        internal int Bytes { get; set; }
    }
}
