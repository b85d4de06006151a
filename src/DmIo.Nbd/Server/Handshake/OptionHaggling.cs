using System.Buffers;
using System.Buffers.Binary;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Handshake;

/// <summary>
/// The server's side of the handshake: bytes in, bytes out, no socket.
/// <code>
///   Greeting --flags--> Options --GO, EXPORT_NAME----------> Transmission
///                        |   ^ --ABORT, protocol error---> Closed
///               STARTTLS v   | TlsStarted
///                      StartTls
/// </code>
/// If TLS is required, other options are refused until it has started. When TLS starts, all options negotiated before
/// are reset.
/// </summary>
internal sealed class OptionHaggling(IExportDirectory directory, TlsPolicy tls, int maxOptionBytes)
{
    private const uint KnownFlags = (uint)(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes);

    private readonly ArrayBufferWriter<byte> output = new();
    private bool hasNoZeroes;
    private bool isSecure;
    private string? statusExport;

    internal OptionHagglingState State { get; private set; }

    /// <summary>The last refusal that kept the client from an export, as the end of a sentence that begins with the
    /// client; null: none.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>The bytes to send; call <see cref="Sent"/> after that.</summary>
    internal ReadOnlyMemory<byte> Output => output.WrittenMemory;

    internal bool HasStructuredReplies { get; private set; }

    /// <summary>The client negotiated base:allocation for its export.</summary>
    internal bool HasBlockStatus { get; private set; }

    /// <summary>The client's export, in <see cref="OptionHagglingState.Transmission"/>.</summary>
    internal OfferedExport? Chosen { get; private set; }

    internal void Greet()
    {
        Put(NbdMagic.Greeting);
        Put(NbdMagic.Option);
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(sizeof(ushort)), (ushort)KnownFlags);
        output.Advance(sizeof(ushort));
    }

    internal void Sent() => output.ResetWrittenCount();

    /// <summary>Continues after the TLS handshake.</summary>
    internal void TlsStarted()
    {
        Invariant.Require(State == OptionHagglingState.StartTls);
        isSecure = true;
        HasStructuredReplies = false;
        statusExport = null;
        Refusal = null;
        State = OptionHagglingState.Options;
    }

    /// <summary>Processes at most one message from the start of <paramref name="input"/>.</summary>
    /// <returns>The number of processed bytes; 0: <paramref name="needed"/> bytes are required.</returns>
    internal int Take(ReadOnlySpan<byte> input, out int needed)
    {
        needed = State == OptionHagglingState.Greeting ? sizeof(uint) : OptionHeader.SizeBytes;
        if (input.Length < needed || State is not (OptionHagglingState.Greeting or OptionHagglingState.Options))
        {
            return 0;
        }

        if (State == OptionHagglingState.Greeting)
        {
            TakeFlags(BinaryPrimitives.ReadUInt32BigEndian(input));
            return needed;
        }

        if (!OptionHeader.TryRead(input, out var header))
        {
            Close("it sent data that is not an option.");
            return needed;
        }

        if (header.LengthBytes > maxOptionBytes)
        {
            Close($"its option {header.Option} has {header.LengthBytes} bytes; the maximum is {maxOptionBytes}.");
            return needed;
        }

        needed += (int)header.LengthBytes;
        if (input.Length < needed)
        {
            return 0;
        }

        Answer(header.Option, input[OptionHeader.SizeBytes..needed]);
        return needed;
    }

    private void TakeFlags(uint flags)
    {
        hasNoZeroes = (flags & (uint)HandshakeFlags.NoZeroes) != 0;
        State = OptionHagglingState.Options;
        if ((flags & ~KnownFlags) != 0)
        {
            Close($"it set unknown flags: 0x{flags:x}.");
        }
    }

    private void Answer(NbdOption option, ReadOnlySpan<byte> data)
    {
        if (option == NbdOption.Abort)
        {
            Reply(option, OptionReplyType.Ack);
            State = OptionHagglingState.Closed;
        }
        else if (tls == TlsPolicy.Required && !isSecure && option != NbdOption.StartTls)
        {
            RefusePlain(option);
        }
        else if (directory.IsClosing && option != NbdOption.ExportName)
        {
            Reply(option, OptionReplyType.ErrorShutdown, "The server is shutting down.");
        }
        else
        {
            AnswerKnown(option, data);
        }
    }

    private void AnswerKnown(NbdOption option, ReadOnlySpan<byte> data)
    {
        switch (option)
        {
            case NbdOption.ExportName:
                UseByName(data);
                break;
            case NbdOption.List or NbdOption.StartTls or NbdOption.StructuredReply when data.Length > 0:
                Reply(option, OptionReplyType.ErrorInvalid, "This option has no data.");
                break;
            case NbdOption.List:
                List();
                break;
            case NbdOption.StartTls:
                StartTls();
                break;
            case NbdOption.StructuredReply:
                HasStructuredReplies = true;
                Reply(option, OptionReplyType.Ack);
                break;
            case NbdOption.Info or NbdOption.Go:
                Inform(option, ExportRequest.Read(data));
                break;
            case NbdOption.ListMetaContext or NbdOption.SetMetaContext:
                Contexts(option, MetaContextRequest.Read(data));
                break;
            default:
                Reply(option, OptionReplyType.ErrorUnsupported, "This server does not support the option.");
                break;
        }
    }

    private void RefusePlain(NbdOption option)
    {
        Refusal = "it does not use TLS, which this server requires.";
        if (option == NbdOption.ExportName)
        {
            Close(Refusal);
        }
        else
        {
            Reply(option, OptionReplyType.ErrorTlsRequired, "This server requires TLS.");
        }
    }

    private void StartTls()
    {
        if (tls == TlsPolicy.None)
        {
            Reply(NbdOption.StartTls, OptionReplyType.ErrorPolicy, "This server does not support TLS.");
        }
        else if (isSecure)
        {
            Reply(NbdOption.StartTls, OptionReplyType.ErrorInvalid, "TLS has already started.");
        }
        else
        {
            Reply(NbdOption.StartTls, OptionReplyType.Ack);
            State = OptionHagglingState.StartTls;
        }
    }

    private void List()
    {
        foreach (var export in directory.Exports)
        {
            var data = new byte[sizeof(uint) + NbdText.BytesOf(export.Name) + NbdText.BytesOf(export.Description)];
            var at = NbdText.Put(data, export.Name);
            System.Text.Encoding.UTF8.GetBytes(export.Description, data.AsSpan(at));
            Reply(NbdOption.List, OptionReplyType.Server, data);
        }

        Reply(NbdOption.List, OptionReplyType.Ack);
    }

    private void Inform(NbdOption option, ExportRequest? request)
    {
        if (request is null)
        {
            Reply(option, OptionReplyType.ErrorInvalid, "The data of the option is invalid.");
            return;
        }

        if (Find(request.Name) is not { } export || (option == NbdOption.Go && !directory.TryOpen(export)))
        {
            Refusal = RefusalOf(request.Name);
            Reply(option, OptionReplyType.ErrorUnknown, $"There is no export '{request.Name}'.");
            return;
        }

        Span<byte> data = stackalloc byte[BlockSizes.WireBytes];
        export.InfoFor(HasStructuredReplies).Write(data);
        Reply(option, OptionReplyType.Info, data[..ExportInfo.WireBytes]);
        foreach (var wanted in request.Wanted.Distinct())
        {
            switch (wanted)
            {
                case InfoType.Name:
                    ReplyText(option, InfoType.Name, export.Name);
                    break;
                case InfoType.Description when export.Description.Length > 0:
                    ReplyText(option, InfoType.Description, export.Description);
                    break;
                case InfoType.BlockSize:
                    export.Blocks.Write(data);
                    Reply(option, OptionReplyType.Info, data);
                    break;
                default:
                    break;
            }
        }

        Reply(option, OptionReplyType.Ack);
        if (option == NbdOption.Go)
        {
            Use(export);
        }
    }

    private void UseByName(ReadOnlySpan<byte> data)
    {
        if (directory.IsClosing || NbdText.Read(data) is not { } name)
        {
            Close(directory.IsClosing ? "the server is shutting down." : "it requested an export by an invalid name.");
            return;
        }

        if (Find(name) is not { } export || !directory.TryOpen(export))
        {
            Close(RefusalOf(name));
            return;
        }

        var length = ExportInfo.ExportNameBytes + (hasNoZeroes ? 0 : NbdMagic.ExportNamePadding);
        var answer = output.GetSpan(length)[..length];
        answer.Clear();
        export.InfoFor(HasStructuredReplies).WriteBare(answer);
        output.Advance(length);
        Use(export);
    }

    private void Use(OfferedExport export)
    {
        Chosen = export;
        HasBlockStatus = statusExport is not null && ReferenceEquals(Find(statusExport), export);
        State = OptionHagglingState.Transmission;
    }

    private void Contexts(NbdOption option, MetaContextRequest? request)
    {
        var isSet = option == NbdOption.SetMetaContext;
        statusExport = isSet ? null : statusExport;
        if (request is null || !HasStructuredReplies)
        {
            Reply(option, OptionReplyType.ErrorInvalid, request is null
                ? "The data of the option is invalid."
                : "Structured replies must be negotiated first.");
            return;
        }

        if (Find(request.Name) is null)
        {
            Reply(option, OptionReplyType.ErrorUnknown, $"There is no export '{request.Name}'.");
            return;
        }

        var isWanted = request.Queries.Contains(MetaContextRequest.Allocation)
            || (!isSet && (request.Queries.Count == 0 || request.Queries.Contains(MetaContextRequest.Base)));
        if (isWanted)
        {
            Span<byte> data = stackalloc byte[sizeof(uint) + MetaContextRequest.Allocation.Length];
            BinaryPrimitives.WriteUInt32BigEndian(data, isSet ? OfferedExport.AllocationContext : 0);
            System.Text.Encoding.UTF8.GetBytes(MetaContextRequest.Allocation, data[sizeof(uint)..]);
            Reply(option, OptionReplyType.MetaContext, data);
            statusExport = isSet ? request.Name : statusExport;
        }

        Reply(option, OptionReplyType.Ack);
    }

    private OfferedExport? Find(string name) => directory.Exports.FirstOrDefault(
        export => string.Equals(export.Name, name, StringComparison.Ordinal)
            || (name.Length == 0 && export.IsDefault));

    /// <summary>The reply to the client is the same in both cases, so it does not disclose exports that the client may
    /// not use.</summary>
    private string RefusalOf(string export) => directory.IsDenied(export)
        ? $"its certificate does not allow the export '{NbdText.Printable(export)}'."
        : $"there is no export '{NbdText.Printable(export)}'.";

    private void Close(string refusal)
    {
        Refusal = refusal;
        State = OptionHagglingState.Closed;
    }

    private void ReplyText(NbdOption option, InfoType type, string text)
    {
        var data = new byte[sizeof(ushort) + NbdText.BytesOf(text)];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)type);
        System.Text.Encoding.UTF8.GetBytes(text, data.AsSpan(sizeof(ushort)));
        Reply(option, OptionReplyType.Info, data);
    }

    private void Reply(NbdOption option, OptionReplyType type, string text) =>
        Reply(option, type, System.Text.Encoding.UTF8.GetBytes(text));

    private void Reply(NbdOption option, OptionReplyType type, ReadOnlySpan<byte> data = default)
    {
        new OptionReplyHeader(option, type, (uint)data.Length).Write(output.GetSpan(OptionReplyHeader.SizeBytes));
        output.Advance(OptionReplyHeader.SizeBytes);
        output.Write(data);
    }

    private void Put(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(output.GetSpan(sizeof(ulong)), value);
        output.Advance(sizeof(ulong));
    }
}

/// <summary>Whether a server supports TLS.</summary>
internal enum TlsPolicy
{
    None,
    Offered,
    Required,
}

/// <summary>The state of a handshake.</summary>
internal enum OptionHagglingState
{
    /// <summary>Waits for the client's flags.</summary>
    Greeting,

    /// <summary>Waits for an option.</summary>
    Options,

    /// <summary>TLS starts after the output was sent.</summary>
    StartTls,

    /// <summary>The transmission phase starts after the output was sent.</summary>
    Transmission,

    /// <summary>The connection is closed after the output was sent.</summary>
    Closed,
}

/// <summary>The exports of a server, as the handshake of one connection sees them.</summary>
internal interface IExportDirectory
{
    /// <summary>The server is shutting down.</summary>
    bool IsClosing { get; }

    /// <summary>The exports that the client may use, by name in ordinal order.</summary>
    IReadOnlyList<OfferedExport> Exports { get; }

    /// <summary>The export exists, and the client may not use it.</summary>
    bool IsDenied(string export);

    /// <summary>Registers the connection with the export; false: the export was removed.</summary>
    bool TryOpen(OfferedExport export);
}
