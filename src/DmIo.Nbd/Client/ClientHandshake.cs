using System.Buffers;
using System.Buffers.Binary;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// The client's side of fixed newstyle haggling, from the server's greeting: bytes in, bytes out, no socket. Each
/// option is sent after the reply to the previous one.
/// <code>
///   greeting --> STARTTLS (if wanted) --> STRUCTURED_REPLY --> SET_META_CONTEXT --> GO ----------> done
///       |                                     server has no GO: EXPORT_NAME ------------------------^
///       +-- server is not fixed newstyle: EXPORT_NAME
/// </code>
/// Invariant: if TLS is wanted, no other option is sent without it.
/// </summary>
internal sealed class ClientHandshake
{
    /// <summary>Longer replies are a protocol error. The longest valid one is an error message of 4096 bytes.</summary>
    private const uint MaxReplyBytes = 64 * 1024;

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

    /// <summary>The exact number of bytes that the next <see cref="Receive"/> takes.</summary>
    internal int WantedBytes { get; private set; } = GreetingBytes;

    /// <summary>Set after <see cref="HandshakeStep.Done"/>.</summary>
    internal NegotiatedExport? Result { get; private set; }

    /// <summary>Set after <see cref="HandshakeStep.Failed"/>: one sentence.</summary>
    internal string? Fault { get; private set; }

    /// <summary>The bytes to send before the next receive.</summary>
    internal byte[] TakeOutgoing()
    {
        var bytes = outgoing.WrittenSpan.ToArray();
        outgoing.ResetWrittenCount();
        return bytes;
    }

    /// <summary>Processes <see cref="WantedBytes"/> bytes of the server.</summary>
    internal HandshakeStep Receive(ReadOnlySpan<byte> bytes)
    {
        Invariant.Require(bytes.Length == WantedBytes && Result is null && Fault is null);
        switch (awaited)
        {
            case Awaited.Greeting:
                return Greeted(bytes);
            case Awaited.ReplyHeader when !OptionReplyHeader.TryRead(bytes, out reply) || reply.Option != option:
                return Fail("sent a reply that does not match the option");
            case Awaited.ReplyHeader when reply.LengthBytes > MaxReplyBytes:
                return Fail($"sent a reply of {reply.LengthBytes} bytes to {option}");
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

    /// <summary>Continues after the TLS handshake.</summary>
    internal void TlsStarted() => Ask(NbdOption.StructuredReply, []);

    private HandshakeStep Greeted(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt64BigEndian(bytes) != NbdMagic.Greeting)
        {
            return Fail("does not send the greeting of an NBD server");
        }

        var style = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        if (style != NbdMagic.Option)
        {
            return Fail(style == NbdMagic.OldStyle
                ? "uses the oldstyle protocol, which is obsolete since 2011 and has no export names"
                : "does not send the greeting of an NBD server");
        }

        var flags = (HandshakeFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]);
        isFixed = flags.HasFlag(HandshakeFlags.FixedNewstyle);
        hasNoZeroes = flags.HasFlag(HandshakeFlags.NoZeroes);
        BinaryPrimitives.WriteUInt32BigEndian(
            Append(sizeof(uint)), (uint)(flags & (HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes)));
        if (wantsTls && !isFixed)
        {
            return Fail("does not support TLS, which the URI requires");
        }

        return wantsTls ? Ask(NbdOption.StartTls, [])
            : isFixed ? Ask(NbdOption.StructuredReply, [])
            : Ask(NbdOption.ExportName, NameBytes());
    }

    private HandshakeStep Answered(ReadOnlySpan<byte> data) => (option, reply.Type) switch
    {
        (_, OptionReplyType.ErrorTlsRequired) when !wantsTls =>
            Fail($"requires TLS: use nbds:// instead of nbd://.{TextOf(data)}"),
        (_, OptionReplyType.ErrorShutdown) => Fail($"is shutting down.{TextOf(data)}"),
        (NbdOption.StartTls, OptionReplyType.Ack) => HandshakeStep.StartTls,
        (NbdOption.StartTls, _) => Fail(
            $"refuses TLS ({NameOf(reply.Type)}), which the URI requires.{TextOf(data)}"),
        (NbdOption.StructuredReply, OptionReplyType.Ack) => AskForContext(),
        (NbdOption.StructuredReply, >= OptionReplyType.ErrorBit) => Go(),
        (NbdOption.SetMetaContext or NbdOption.Go, OptionReplyType.ErrorUnknown) =>
            Fail($"has no export '{export}'.{TextOf(data)}"),
        (NbdOption.SetMetaContext, OptionReplyType.MetaContext) => ContextSet(data),
        (NbdOption.SetMetaContext, OptionReplyType.Ack or >= OptionReplyType.ErrorBit) => Go(),
        (NbdOption.Go, OptionReplyType.Info) => Informed(data),
        (NbdOption.Go, OptionReplyType.Ack) => Finish(),
        (NbdOption.Go, OptionReplyType.ErrorUnsupported) => Ask(NbdOption.ExportName, NameBytes()),
        (NbdOption.Go, >= OptionReplyType.ErrorBit) => Fail(
            $"refuses the export '{export}' ({NameOf(reply.Type)}).{TextOf(data)}"),
        _ => Fail($"replied to {option} with {NameOf(reply.Type)}, which is not valid"),
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
            return Fail("sent a metadata context that was not requested");
        }

        allocationContext = BinaryPrimitives.ReadUInt32BigEndian(data);
        return AwaitReply();
    }

    private HandshakeStep Go() => Ask(NbdOption.Go, new ExportRequest(export, [InfoType.BlockSize]).ToBytes());

    private HandshakeStep Informed(ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(ushort))
        {
            return Fail("sent information without a type");
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
                return Fail($"sent information with the invalid length of {data.Length} bytes");
            default:
                return AwaitReply();
        }
    }

    private HandshakeStep Finish()
    {
        if (info is not { } found)
        {
            return Fail("accepted the export without sending its size");
        }

        if (found.SizeBytes > long.MaxValue)
        {
            return Fail($"sent the invalid size of {found.SizeBytes} bytes");
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

    /// <summary>A fixed newstyle server is sent NBD_OPT_ABORT.</summary>
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
        NbdText.Read(data) is { Length: > 0 } text ? $" Its message: {text}" : "";

    private static string NameOf(OptionReplyType type) =>
        Enum.IsDefined(type) ? type.ToString() : $"reply {(uint)type}";
}

/// <summary>The next step of a <see cref="ClientHandshake"/>.</summary>
internal enum HandshakeStep
{
    /// <summary>Send the outgoing bytes, then receive the wanted bytes.</summary>
    More,

    /// <summary>Start TLS, then call <see cref="ClientHandshake.TlsStarted"/>.</summary>
    StartTls,

    /// <summary>The handshake succeeded; the connection is in the transmission phase.</summary>
    Done,

    /// <summary>The handshake failed: send the outgoing bytes and close the connection.</summary>
    Failed,
}
