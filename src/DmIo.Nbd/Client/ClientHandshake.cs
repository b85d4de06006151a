using System.Buffers;
using System.Buffers.Binary;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// The client's side of fixed newstyle haggling, from the server's greeting on: bytes in, bytes out, no socket. An
/// option goes when the one before it was answered.
/// <code>
///   greeting --> STARTTLS (where wanted) --> STRUCTURED_REPLY --> SET_META_CONTEXT --> GO ----------> done
///       |                                        server has no GO: EXPORT_NAME ------------------------^
///       +-- server is not fixed newstyle: EXPORT_NAME
/// </code>
/// Invariant: nothing is asked for in plain text where TLS is wanted, and never is one changed for the other.
/// </summary>
internal sealed class ClientHandshake
{
    /// <summary>More is not a handshake. The longest that makes sense is an error's text of 4096 bytes.</summary>
    private const uint LongestReply = 64 * 1024;

    private const int GreetingBytes = 18;

    private readonly ArrayBufferWriter<byte> outgoing = new();
    private readonly string export;
    private readonly bool wantsTls;
    private Awaited awaited = Awaited.Greeting;
    private bool isFixed;
    private bool hasNoZeroes;
    private NbdOption option;
    private OptionReplyHeader reply;
    private bool hasStructuredReplies;
    private uint? allocationContext;
    private ExportInfo? info;
    private BlockSizes? sizes;

    internal ClientHandshake(string export, bool wantsTls)
    {
        this.export = export;
        this.wantsTls = wantsTls;
    }

    private enum Awaited
    {
        Greeting,
        ReplyHeader,
        ReplyData,
        ExportNameAnswer,
        Padding,
    }

    /// <summary>How many bytes the next <see cref="Receive"/> is to get; exactly.</summary>
    internal int WantedBytes { get; private set; } = GreetingBytes;

    /// <summary>Once <see cref="HandshakeStep.Done"/>.</summary>
    internal NegotiatedExport? Result { get; private set; }

    /// <summary>Once <see cref="HandshakeStep.Failed"/>: one sentence.</summary>
    internal string? Fault { get; private set; }

    /// <summary>What is to be sent before anything else is received.</summary>
    internal byte[] TakeOutgoing()
    {
        var bytes = outgoing.WrittenSpan.ToArray();
        outgoing.ResetWrittenCount();
        return bytes;
    }

    /// <summary>The server sent what was wanted.</summary>
    internal HandshakeStep Receive(ReadOnlySpan<byte> bytes)
    {
        Invariant.Require(bytes.Length == WantedBytes && Result is null && Fault is null);
        switch (awaited)
        {
            case Awaited.Greeting:
                return Greeted(bytes);
            case Awaited.ReplyHeader when !OptionReplyHeader.TryRead(bytes, out reply) || reply.Option != option:
                return Fail("does not answer the option that it was sent; this is not NBD");
            case Awaited.ReplyHeader when reply.LengthBytes > LongestReply:
                return Fail($"sends {reply.LengthBytes} bytes as the answer to {option}");
            case Awaited.ReplyHeader when reply.LengthBytes > 0:
                return Await(Awaited.ReplyData, (int)reply.LengthBytes);
            case Awaited.ReplyHeader:
                return Answered([]);
            case Awaited.ReplyData:
                return Answered(bytes);
            case Awaited.ExportNameAnswer:
                info = ExportInfo.ReadBare(bytes);
                return hasNoZeroes ? Finish() : Await(Awaited.Padding, NbdMagic.ExportNamePadding);
            default:
                return Finish();
        }
    }

    /// <summary>TLS is up: all that follows goes through it.</summary>
    internal void TlsStarted() => Ask(NbdOption.StructuredReply, []);

    private HandshakeStep Greeted(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt64BigEndian(bytes) != NbdMagic.Greeting)
        {
            return Fail("does not greet as an NBD server");
        }

        var style = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        if (style != NbdMagic.Option)
        {
            return Fail(style == NbdMagic.OldStyle
                ? "speaks the oldstyle protocol, which has no export names; it went out of use in 2011"
                : "does not greet as an NBD server");
        }

        var flags = (HandshakeFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]);
        isFixed = flags.HasFlag(HandshakeFlags.FixedNewstyle);
        hasNoZeroes = flags.HasFlag(HandshakeFlags.NoZeroes);
        BinaryPrimitives.WriteUInt32BigEndian(
            Append(sizeof(uint)), (uint)(flags & (HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes)));
        if (wantsTls && !isFixed)
        {
            return Fail("is too old for TLS, and without TLS is not what the URI says");
        }

        return wantsTls ? Ask(NbdOption.StartTls, [])
            : isFixed ? Ask(NbdOption.StructuredReply, [])
            : Ask(NbdOption.ExportName, NameBytes());
    }

    private HandshakeStep Answered(ReadOnlySpan<byte> data) => (option, reply.Type) switch
    {
        (_, OptionReplyType.ErrorTlsRequired) when !wantsTls =>
            Fail($"wants TLS: write nbds:// for nbd://.{TextOf(data)}"),
        (_, OptionReplyType.ErrorShutdown) => Fail($"is shutting down.{TextOf(data)}"),
        (NbdOption.StartTls, OptionReplyType.Ack) => HandshakeStep.StartTls,
        (NbdOption.StartTls, _) => Fail(
            $"refuses TLS ({NameOf(reply.Type)}), and without TLS is not what the URI says.{TextOf(data)}"),
        (NbdOption.StructuredReply, OptionReplyType.Ack) => AskForContext(),
        (NbdOption.StructuredReply, >= OptionReplyType.ErrorBit) => Go(),
        (NbdOption.SetMetaContext, OptionReplyType.MetaContext) => ContextSet(data),
        (NbdOption.SetMetaContext, OptionReplyType.Ack or >= OptionReplyType.ErrorBit) => Go(),
        (NbdOption.Go, OptionReplyType.Info) => Informed(data),
        (NbdOption.Go, OptionReplyType.Ack) => Finish(),
        (NbdOption.Go, OptionReplyType.ErrorUnsupported) => Ask(NbdOption.ExportName, NameBytes()),
        (NbdOption.Go, OptionReplyType.ErrorUnknown) => Fail($"has no export '{export}'.{TextOf(data)}"),
        (NbdOption.Go, >= OptionReplyType.ErrorBit) => Fail(
            $"refuses the export '{export}' ({NameOf(reply.Type)}).{TextOf(data)}"),
        _ => Fail($"answers {option} with {NameOf(reply.Type)}, which is no answer to it"),
    };

    private HandshakeStep AskForContext()
    {
        hasStructuredReplies = true;
        return Ask(
            NbdOption.SetMetaContext, new MetaContextRequest(export, [MetaContextRequest.Allocation]).ToBytes());
    }

    private HandshakeStep ContextSet(ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(uint) || NbdText.Read(data[sizeof(uint)..]) != MetaContextRequest.Allocation)
        {
            return Fail("gives a metadata context that it was not asked for");
        }

        allocationContext = BinaryPrimitives.ReadUInt32BigEndian(data);
        return AwaitReply();
    }

    private HandshakeStep Go() => Ask(NbdOption.Go, new ExportRequest(export, [InfoType.BlockSize]).ToBytes());

    private HandshakeStep Informed(ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(ushort))
        {
            return Fail("sends information without a type");
        }

        switch ((InfoType)BinaryPrimitives.ReadUInt16BigEndian(data))
        {
            case InfoType.Export when ExportInfo.TryRead(data, out var found):
                info = found;
                return AwaitReply();
            case InfoType.BlockSize when BlockSizes.TryRead(data, out var found):
                sizes = found;
                return AwaitReply();
            case InfoType.Export or InfoType.BlockSize:
                return Fail($"sends information of {data.Length} bytes, which is not its length");
            default:
                return AwaitReply();
        }
    }

    private HandshakeStep Finish()
    {
        if (info is not { } found)
        {
            return Fail("accepts the export, but does not say how big it is");
        }

        if (found.SizeBytes > long.MaxValue)
        {
            return Fail($"says that the export has {found.SizeBytes} bytes, more than anything has");
        }

        Result = new NegotiatedExport
        {
            SizeBytes = (long)found.SizeBytes,
            Flags = found.Flags.HasFlag(TransmissionFlags.HasFlags) ? found.Flags : TransmissionFlags.None,
            Sizes = sizes,
            HasStructuredReplies = hasStructuredReplies,
            AllocationContext = allocationContext,
        };
        return HandshakeStep.Done;
    }

    private HandshakeStep Ask(NbdOption asked, ReadOnlySpan<byte> data)
    {
        option = asked;
        new OptionHeader(asked, (uint)data.Length).Write(Append(OptionHeader.SizeBytes));
        data.CopyTo(Append(data.Length));
        return asked == NbdOption.ExportName
            ? Await(Awaited.ExportNameAnswer, ExportInfo.ExportNameBytes)
            : AwaitReply();
    }

    private HandshakeStep AwaitReply() => Await(Awaited.ReplyHeader, OptionReplyHeader.SizeBytes);

    private HandshakeStep Await(Awaited what, int bytes)
    {
        awaited = what;
        WantedBytes = bytes;
        return HandshakeStep.More;
    }

    /// <summary>A server that listens to options is told that there will be no more.</summary>
    private HandshakeStep Fail(string fault)
    {
        Fault = $"The server {fault.TrimEnd('.')}.";
        if (isFixed)
        {
            new OptionHeader(NbdOption.Abort, 0).Write(Append(OptionHeader.SizeBytes));
        }

        return HandshakeStep.Failed;
    }

    private Span<byte> Append(int bytes)
    {
        var span = outgoing.GetSpan(bytes)[..bytes];
        outgoing.Advance(bytes);
        return span;
    }

    private byte[] NameBytes() => System.Text.Encoding.UTF8.GetBytes(export);

    private static string TextOf(ReadOnlySpan<byte> data) =>
        NbdText.Read(data) is { Length: > 0 } text ? $" It says: {text}" : "";

    private static string NameOf(OptionReplyType type) =>
        Enum.IsDefined(type) ? type.ToString() : $"reply {(uint)type}";
}

/// <summary>What is to be done next in a <see cref="ClientHandshake"/>.</summary>
internal enum HandshakeStep
{
    /// <summary>Send what it has, and receive what it wants.</summary>
    More,

    /// <summary>Change to TLS, and tell it.</summary>
    StartTls,

    /// <summary>It is over, and the connection is for requests from now on.</summary>
    Done,

    /// <summary>It is over: send what it has as a farewell, and close.</summary>
    Failed,
}
