using System.Buffers.Binary;
using System.Text;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Client;

/// <summary>The client's side of the handshake, without a socket.</summary>
public sealed class ClientHandshakeTests
{
    private const string Export = "disk";

    [Fact]
    public void All_options_are_sent_and_an_old_server_may_refuse_all_but_the_name()
    {
        var handshake = Greeted(HandshakeFlags.FixedNewstyle);
        Assert.Equal([0, 0, 0, 1, .. Option(NbdOption.StructuredReply)], handshake.TakeOutgoing());

        Assert.Equal(HandshakeStep.More, Refuse(handshake, NbdOption.StructuredReply));
        Assert.Equal(NbdOption.Go, Asked(handshake));
        Assert.Equal(HandshakeStep.More, Refuse(handshake, NbdOption.Go));
        Assert.Equal(
            Option(NbdOption.ExportName, Encoding.UTF8.GetBytes(Export)), handshake.TakeOutgoing());
        Assert.Equal(HandshakeStep.More, handshake.Receive(Bare(4096, TransmissionFlags.HasFlags)));
        Assert.Equal(124, handshake.WantedBytes);
        Assert.Equal(HandshakeStep.Done, handshake.Receive(new byte[124]));

        Assert.Equal(4096, handshake.Result!.SizeBytes);
        Assert.False(handshake.Result.HasStructuredReplies);
    }

    [Fact]
    public void A_server_that_is_not_fixed_newstyle_gets_only_EXPORT_NAME()
    {
        var handshake = Greeted(HandshakeFlags.NoZeroes);

        Assert.Equal(
            [0, 0, 0, 2, .. Option(NbdOption.ExportName, Encoding.UTF8.GetBytes(Export))], handshake.TakeOutgoing());
        Assert.Equal(HandshakeStep.Done, handshake.Receive(Bare(1 << 20, TransmissionFlags.HasFlags)));
    }

    [Fact]
    public void Structured_replies_block_sizes_and_allocation_are_negotiated()
    {
        var handshake = Greeted(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes);
        handshake.TakeOutgoing();
        Reply(handshake, NbdOption.StructuredReply, OptionReplyType.Ack);
        Assert.Equal(NbdOption.SetMetaContext, Asked(handshake));
        Reply(handshake, NbdOption.SetMetaContext, OptionReplyType.MetaContext, [0, 0, 0, 9, .. "base:allocation"u8]);
        Reply(handshake, NbdOption.SetMetaContext, OptionReplyType.Ack);
        Assert.Equal(NbdOption.Go, Asked(handshake));
        var info = new byte[ExportInfo.WireBytes];
        new ExportInfo(8192, TransmissionFlags.HasFlags | TransmissionFlags.Trim).Write(info);
        var sizes = new byte[BlockSizes.WireBytes];
        new BlockSizes(1, 4096, 1 << 20).Write(sizes);
        Reply(handshake, NbdOption.Go, OptionReplyType.Info, sizes);
        Reply(handshake, NbdOption.Go, OptionReplyType.Info, [0, 2, .. "a description"u8]);
        Reply(handshake, NbdOption.Go, OptionReplyType.Info, info);

        Assert.Equal(HandshakeStep.Done, Reply(handshake, NbdOption.Go, OptionReplyType.Ack));
        Assert.Equal(
            new NegotiatedExport
            {
                SizeBytes = 8192,
                Flags = TransmissionFlags.HasFlags | TransmissionFlags.Trim,
                Sizes = new BlockSizes(1, 4096, 1 << 20),
                HasStructuredReplies = true,
                AllocationContext = 9,
            },
            handshake.Result);
    }

    [Fact]
    public void Flags_without_HAS_FLAGS_are_ignored()
    {
        var handshake = Greeted(HandshakeFlags.NoZeroes);

        handshake.Receive(Bare(4096, TransmissionFlags.Trim | TransmissionFlags.Flush));

        Assert.Equal(TransmissionFlags.None, handshake.Result!.Flags);
    }

    [Theory]
    [InlineData((uint)OptionReplyType.ErrorUnknown, "has no export 'disk'. Its message: what?")]
    [InlineData((uint)OptionReplyType.ErrorPolicy, "refuses the export 'disk' (ErrorPolicy). Its message: what?")]
    [InlineData(
        (uint)OptionReplyType.ErrorTlsRequired,
        "requires TLS: use nbds:// instead of nbd://. Its message: what?")]
    [InlineData((uint)OptionReplyType.ErrorShutdown, "is shutting down. Its message: what?")]
    [InlineData((uint)OptionReplyType.Ack, "without sending its size")]
    [InlineData(77u, "replied to Go with reply 77")]
    public void A_refusal_has_its_cause_and_the_client_sends_ABORT(uint type, string named)
    {
        var handshake = Greeted(HandshakeFlags.FixedNewstyle);
        Refuse(handshake, NbdOption.StructuredReply);
        handshake.TakeOutgoing();

        var step = Reply(handshake, NbdOption.Go, (OptionReplyType)type, "what?"u8.ToArray());

        Assert.Equal(HandshakeStep.Failed, step);
        Assert.Contains(named, handshake.Fault);
        Assert.Equal(Option(NbdOption.Abort), handshake.TakeOutgoing());
    }

    /// <summary>An export that appears during the handshake would otherwise be one without block status, which for a
    /// client that reconnects is another export.</summary>
    [Fact]
    public void An_export_that_is_unknown_to_the_first_option_is_not_opened()
    {
        var handshake = Greeted(HandshakeFlags.FixedNewstyle);
        handshake.TakeOutgoing();
        Reply(handshake, NbdOption.StructuredReply, OptionReplyType.Ack);
        Assert.Equal(NbdOption.SetMetaContext, Asked(handshake));

        Assert.Equal(
            HandshakeStep.Failed, Reply(handshake, NbdOption.SetMetaContext, OptionReplyType.ErrorUnknown));
        Assert.Contains("has no export 'disk'", handshake.Fault);
    }

    [Fact]
    public void No_option_precedes_STARTTLS()
    {
        var handshake = Greeted(HandshakeFlags.FixedNewstyle, wantsTls: true);
        Assert.Equal([0, 0, 0, 1, .. Option(NbdOption.StartTls)], handshake.TakeOutgoing());

        Assert.Equal(HandshakeStep.StartTls, Reply(handshake, NbdOption.StartTls, OptionReplyType.Ack));
        Assert.Empty(handshake.TakeOutgoing());
        handshake.TlsStarted();
        Assert.Equal(NbdOption.StructuredReply, Asked(handshake));
    }

    [Theory]
    [InlineData(true, "refuses TLS (ErrorUnsupported)")]
    [InlineData(false, "does not support TLS")]
    public void The_handshake_fails_without_wanted_TLS(bool isFixed, string named)
    {
        var handshake = new ClientHandshake(Export, wantsTls: true);

        var step = handshake.Receive(Greeting(isFixed ? HandshakeFlags.FixedNewstyle : HandshakeFlags.None));
        step = isFixed ? Refuse(handshake, NbdOption.StartTls) : step;

        Assert.Equal(HandshakeStep.Failed, step);
        Assert.Contains(named, handshake.Fault);
    }

    [Fact]
    public void A_server_that_does_not_speak_NBD_is_reported()
    {
        var handshake = new ClientHandshake(Export, wantsTls: false);

        Assert.Equal(HandshakeStep.Failed, handshake.Receive("SSH-2.0-OpenSSH_9.2"u8[..18]));
        Assert.Equal("The server does not send the greeting of an NBD server.", handshake.Fault);
    }

    [Fact]
    public void An_oldstyle_server_is_reported()
    {
        var greeting = Greeting(HandshakeFlags.None);
        BinaryPrimitives.WriteUInt64BigEndian(greeting.AsSpan(8), NbdMagic.OldStyle);
        var handshake = new ClientHandshake(Export, wantsTls: false);

        Assert.Equal(HandshakeStep.Failed, handshake.Receive(greeting));
        Assert.Contains("oldstyle", handshake.Fault);
    }

    [Fact]
    public void A_reply_that_is_too_long_is_refused_before_it_is_received()
    {
        var handshake = Greeted(HandshakeFlags.FixedNewstyle);
        var header = new byte[OptionReplyHeader.SizeBytes];
        new OptionReplyHeader(NbdOption.StructuredReply, OptionReplyType.Ack, 1 << 30).Write(header);

        Assert.Equal(HandshakeStep.Failed, handshake.Receive(header));
    }

    [Fact]
    public void A_reply_to_another_option_is_refused()
    {
        var handshake = Greeted(HandshakeFlags.FixedNewstyle);

        Assert.Equal(HandshakeStep.Failed, Reply(handshake, NbdOption.Go, OptionReplyType.Ack));
    }

    [Theory]
    [InlineData(0u, 4096u, 1u << 25)]
    [InlineData(3u, 4096u, 1u << 25)]
    [InlineData(1u << 17, 1u << 17, 1u << 25)]
    [InlineData(4096u, 4096u, 512u)]
    public void Invalid_block_sizes_are_refused(uint minimum, uint preferred, uint most)
    {
        var export = new NegotiatedExport
        {
            SizeBytes = 1 << 20,
            Flags = TransmissionFlags.None,
            Sizes = new BlockSizes(minimum, preferred, most),
        };

        Assert.Contains("are invalid", ExportGeometry.FaultOf(export));
    }

    [Fact]
    public void A_device_has_only_the_advertised_capabilities()
    {
        var description = ExportGeometry.Describe(
            new NegotiatedExport
            {
                SizeBytes = (1 << 20) + 511,
                Flags = TransmissionFlags.HasFlags,
                Sizes = new BlockSizes(4096, 4096, 1 << 20),
            },
            isReadOnly: false);

        Assert.Equal(
            new DeviceDescription
            {
                Backend = "nbd",
                Capacity = ByteSize.FromMiB(1),
                TailBytes = 511,
                BlockSize = ByteSize.FromKiB(4),
                MaxTransfer = ByteSize.FromMiB(1),
                HasVolatileCache = false,
            },
            description);
    }

    private static ClientHandshake Greeted(HandshakeFlags flags, bool wantsTls = false)
    {
        var handshake = new ClientHandshake(Export, wantsTls);
        Assert.Equal(HandshakeStep.More, handshake.Receive(Greeting(flags)));
        return handshake;
    }

    private static byte[] Greeting(HandshakeFlags flags)
    {
        var greeting = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(greeting, NbdMagic.Greeting);
        BinaryPrimitives.WriteUInt64BigEndian(greeting.AsSpan(8), NbdMagic.Option);
        BinaryPrimitives.WriteUInt16BigEndian(greeting.AsSpan(16), (ushort)flags);
        return greeting;
    }

    private static byte[] Option(NbdOption option, params byte[] data)
    {
        var header = new byte[OptionHeader.SizeBytes];
        new OptionHeader(option, (uint)data.Length).Write(header);
        return [.. header, .. data];
    }

    private static NbdOption Asked(ClientHandshake handshake)
    {
        var bytes = handshake.TakeOutgoing();
        Assert.True(OptionHeader.TryRead(bytes, out var header));
        Assert.Equal(bytes.Length, OptionHeader.SizeBytes + (int)header.LengthBytes);
        return header.Option;
    }

    private static byte[] Bare(ulong size, TransmissionFlags flags)
    {
        var bytes = new byte[ExportInfo.ExportNameBytes];
        new ExportInfo(size, flags).WriteBare(bytes);
        return bytes;
    }

    private static HandshakeStep Refuse(ClientHandshake handshake, NbdOption option) =>
        Reply(handshake, option, OptionReplyType.ErrorUnsupported);

    private static HandshakeStep Reply(
        ClientHandshake handshake, NbdOption option, OptionReplyType type, params byte[] data)
    {
        var header = new byte[OptionReplyHeader.SizeBytes];
        new OptionReplyHeader(option, type, (uint)data.Length).Write(header);
        var step = handshake.Receive(header);
        return data.Length == 0 ? step : handshake.Receive(data);
    }
}
