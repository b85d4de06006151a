using System.Buffers.Binary;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>A random but valid transcript of a client, message by message, from the handshake to the end.</summary>
internal static class ClientScript
{
    internal static List<byte[]> New(string export, long sizeBytes, Random random)
    {
        var messages = new List<byte[]> { Flags(random) };
        var isFixed = random.Next(3) > 0;
        if (isFixed)
        {
            AddOptions(messages, export, random);
        }

        messages.Add(isFixed
            ? Option(NbdOption.Go, new ExportRequest(export, [InfoType.BlockSize, InfoType.Name]).ToBytes())
            : Option(NbdOption.ExportName, System.Text.Encoding.UTF8.GetBytes(export)));
        for (var count = random.Next(12); count > 0; count--)
        {
            messages.Add(Request(sizeBytes, random));
        }

        if (random.Next(2) == 0)
        {
            messages.Add(Message(new RequestHeader(NbdCommand.Disconnect, CommandFlags.None, 0, 0, 0), 0, random));
        }

        return messages;
    }

    private static byte[] Flags(Random random)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, random.Next(3) == 0 ? 1u : 3u);
        return bytes;
    }

    private static void AddOptions(List<byte[]> messages, string export, Random random)
    {
        var contexts = new MetaContextRequest(export, [MetaContextRequest.Allocation]).ToBytes();
        byte[][] possible =
        [
            Option(NbdOption.StructuredReply),
            Option(NbdOption.SetMetaContext, contexts),
            Option(NbdOption.ListMetaContext, contexts),
            Option(NbdOption.List),
            Option(NbdOption.Info, new ExportRequest(export, [InfoType.Description]).ToBytes()),
            Option(NbdOption.ExtendedHeaders),
            Option(NbdOption.StartTls),
        ];
        messages.AddRange(possible.Where(_ => random.Next(2) == 0));
    }

    private static byte[] Request(long sizeBytes, Random random)
    {
        var command = (NbdCommand)random.Next(8);
        var length = random.Next(4) switch { 0 => 512, 1 => 4096, 2 => random.Next(1, 200) * 512, _ => 1 << 20 };
        var offset = random.NextInt64((sizeBytes - length) / 512) * 512;
        if (command == NbdCommand.Disconnect)
        {
            command = NbdCommand.Read;
        }

        return command == NbdCommand.Flush
            ? Message(new RequestHeader(command, CommandFlags.None, NewCookie(random), 0, 0), 0, random)
            : Message(
                new RequestHeader(command, CommandFlags.None, NewCookie(random), (ulong)offset, (uint)length),
                command == NbdCommand.Write ? length : 0,
                random);
    }

    private static ulong NewCookie(Random random) => (ulong)random.NextInt64();

    private static byte[] Message(RequestHeader header, int payloadBytes, Random random)
    {
        var bytes = new byte[RequestHeader.SizeBytes + payloadBytes];
        random.NextBytes(bytes.AsSpan(RequestHeader.SizeBytes));
        header.Write(bytes);
        return bytes;
    }

    private static byte[] Option(NbdOption option, byte[]? data = null)
    {
        var bytes = new byte[OptionHeader.SizeBytes + (data?.Length ?? 0)];
        new OptionHeader(option, (uint)(data?.Length ?? 0)).Write(bytes);
        data?.CopyTo(bytes, OptionHeader.SizeBytes);
        return bytes;
    }
}
