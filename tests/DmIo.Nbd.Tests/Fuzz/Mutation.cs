using System.Buffers.Binary;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Mutations of valid messages: bits, fields, lengths, order, duplicates, omissions and garbage.</summary>
internal static class Mutation
{
    private static readonly uint[] Telling =
    [
        0, 1, 2, 511, 513, 4096, 65535, 65536, 65537, 32 << 20, (32 << 20) + 1, 33 << 20, (64 << 20) + 1,
        int.MaxValue, 0x80000000, 0xfffffe00, uint.MaxValue,
    ];

    /// <summary>One to three mutations at random positions.</summary>
    internal static void Apply(List<byte[]> messages, Random random)
    {
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(messages.Count + 1);
            if (at == messages.Count || messages[at].Length == 0)
            {
                messages.Insert(at, Garbage(random));
                continue;
            }

            switch (random.Next(8))
            {
                case 0:
                    messages.RemoveAt(at);
                    break;
                case 1:
                    messages.Insert(random.Next(messages.Count), messages[at]);
                    break;
                case 2:
                    var other = random.Next(messages.Count);
                    (messages[at], messages[other]) = (messages[other], messages[at]);
                    break;
                case 3:
                    messages[at] = messages[at][..random.Next(messages[at].Length)];
                    break;
                default:
                    messages[at] = MutateFields(messages[at], random);
                    break;
            }
        }
    }

    /// <summary>Changes bits or a field of a message without changing its length; usually near the start, where the
    /// fields are.</summary>
    internal static byte[] MutateFields(byte[] message, Random random)
    {
        var bent = (byte[])message.Clone();
        var front = random.Next(4) == 0 ? bent.Length : Math.Min(bent.Length, 48);
        var at = random.Next(front);
        switch (random.Next(4))
        {
            case 0:
                bent[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bent[at] = (byte)random.Next(256);
                break;
            case 2 when bent.Length >= sizeof(ushort):
                var half = Math.Min(at & ~1, bent.Length - sizeof(ushort));
                BinaryPrimitives.WriteUInt16BigEndian(bent.AsSpan(half), (ushort)Value(random));
                break;
            case 3 when bent.Length >= sizeof(uint):
                var word = Math.Min(at & ~3, bent.Length - sizeof(uint));
                BinaryPrimitives.WriteUInt32BigEndian(bent.AsSpan(word), Value(random));
                break;
        }

        return bent;
    }

    internal static byte[] Garbage(Random random)
    {
        var bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>The same bytes in the fragments in which they are sent: whole, or split anywhere.</summary>
    internal static IEnumerable<byte[]> Fragments(IReadOnlyCollection<byte[]> messages, Random random)
    {
        // Without LINQ, whose pooled arrays would be reported as a leak.
        var all = new byte[messages.Sum(message => message.Length)];
        var filled = 0;
        foreach (var message in messages)
        {
            message.CopyTo(all, filled);
            filled += message.Length;
        }

        var most = random.Next(3) switch { 0 => all.Length, 1 => 40, _ => 5000 };
        for (var at = 0; at < all.Length;)
        {
            var length = Math.Min(all.Length - at, random.Next(1, Math.Max(2, most + 1)));
            yield return all[at..(at + length)];
            at += length;
        }
    }

    private static uint Value(Random random) => Telling[random.Next(Telling.Length)];
}
