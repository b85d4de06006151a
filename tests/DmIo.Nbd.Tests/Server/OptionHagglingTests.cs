using System.Buffers.Binary;
using System.Text;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Server.Handshake;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>The server's side of the handshake, without a connection.</summary>
public sealed class OptionHagglingTests
{
    private readonly FakeDirectory directory = new();

    [Fact]
    public void The_greeting_offers_fixed_newstyle_and_no_zeroes()
    {
        var haggling = new OptionHaggling(directory, TlsPolicy.None, maxOptionBytes: 1024);

        haggling.Greet();

        Assert.Equal("NBDMAGICIHAVEOPT\0\u0003", Encoding.ASCII.GetString(haggling.Output.Span));
    }

    [Fact]
    public void Unknown_flags_end_the_handshake()
    {
        var haggling = new OptionHaggling(directory, TlsPolicy.None, maxOptionBytes: 1024);

        haggling.Take([0, 0, 0, 7], out _);

        Assert.Equal(OptionHagglingState.Closed, haggling.State);
        Assert.NotNull(haggling.Refusal);
    }

    [Fact]
    public void An_incomplete_option_waits_for_the_rest()
    {
        var haggling = NewHaggling();
        var option = OptionBytes(NbdOption.Go, new ExportRequest("a", []).ToBytes());

        Assert.Equal(0, haggling.Take(option.AsSpan(0, 5), out var needed));
        Assert.Equal(OptionHeader.SizeBytes, needed);
        Assert.Equal(0, haggling.Take(option.AsSpan(0, 20), out needed));
        Assert.Equal(option.Length, needed);
        Assert.Equal(option.Length, haggling.Take(option, out _));
    }

    [Theory]
    [InlineData("c", "does not allow the export 'c'")]
    [InlineData("d", "there is no export 'd'")]
    public void The_refusal_of_an_export_is_recorded(string export, string refusal)
    {
        var haggling = NewHaggling();

        haggling.Take(OptionBytes(NbdOption.Go, new ExportRequest(export, []).ToBytes()), out _);

        Assert.Contains(refusal, haggling.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_is_not_an_option_ends_the_handshake()
    {
        var haggling = NewHaggling();

        haggling.Take(new byte[OptionHeader.SizeBytes], out _);

        Assert.Equal(OptionHagglingState.Closed, haggling.State);
    }

    [Fact]
    public void An_option_that_is_too_long_ends_the_handshake_before_its_data()
    {
        var haggling = NewHaggling();

        haggling.Take(OptionBytes(NbdOption.List, new byte[1025]).AsSpan(0, OptionHeader.SizeBytes), out _);

        Assert.Equal(OptionHagglingState.Closed, haggling.State);
    }

    [Theory]
    [InlineData(NbdOption.ExtendedHeaders)]
    [InlineData(NbdOption.PeekExport)]
    [InlineData((NbdOption)4711)]
    internal void An_unknown_option_is_refused_and_the_next_one_is_answered(NbdOption option)
    {
        var haggling = NewHaggling();

        Assert.Equal(OptionReplyType.ErrorUnsupported, Assert.Single(Ask(haggling, option, [1, 2, 3])).Type);
        Assert.Equal(OptionReplyType.Ack, Assert.Single(Ask(haggling, NbdOption.StructuredReply)).Type);
    }

    [Fact]
    public void A_list_contains_all_exports_with_their_descriptions()
    {
        var replies = Ask(NewHaggling(), NbdOption.List);

        Assert.Equal(
            [OptionReplyType.Server, OptionReplyType.Server, OptionReplyType.Ack], replies.Select(reply => reply.Type));
        Assert.Equal("\0\0\0\u0001aabout a", Encoding.UTF8.GetString(replies[0].Data));
    }

    [Theory]
    [InlineData(NbdOption.List)]
    [InlineData(NbdOption.StructuredReply)]
    [InlineData(NbdOption.Go)]
    [InlineData(NbdOption.SetMetaContext)]
    internal void Invalid_option_data_is_refused(NbdOption option) =>
        Assert.Equal(OptionReplyType.ErrorInvalid, Assert.Single(Ask(NewHaggling(), option, [0, 0])).Type);

    [Theory]
    [InlineData(NbdOption.Info, OptionHagglingState.Options)]
    [InlineData(NbdOption.Go, OptionHagglingState.Transmission)]
    internal void Only_GO_starts_the_transmission_phase(NbdOption option, OptionHagglingState expected)
    {
        var haggling = NewHaggling();

        var replies = Ask(haggling, option, new ExportRequest("a", []).ToBytes());

        Assert.True(ExportInfo.TryRead(replies[0].Data, out var info));
        Assert.Equal(1UL << 20, info.SizeBytes);
        Assert.Equal(OptionReplyType.Ack, replies[^1].Type);
        Assert.Equal(expected, haggling.State);
    }

    [Fact]
    public void Requested_information_is_sent()
    {
        var replies = Ask(NewHaggling(), NbdOption.Info, new ExportRequest(
            "a", [InfoType.BlockSize, InfoType.Name, InfoType.Description, (InfoType)99, InfoType.Name]).ToBytes());

        Assert.Equal(5, replies.Count);
        Assert.True(BlockSizes.TryRead(replies[1].Data, out var sizes));
        Assert.Equal(new BlockSizes(1, 4096, 64 << 20), sizes);
        Assert.Equal("a", Encoding.UTF8.GetString(replies[2].Data.AsSpan(2)));
        Assert.Equal("about a", Encoding.UTF8.GetString(replies[3].Data.AsSpan(2)));
    }

    [Fact]
    public void The_empty_name_is_the_default_export()
    {
        var haggling = NewHaggling();

        Ask(haggling, NbdOption.Go, new ExportRequest("", []).ToBytes());

        Assert.Equal("b", haggling.Chosen!.Name);
    }

    [Fact]
    public void A_missing_export_is_unknown_and_another_can_be_requested()
    {
        var haggling = NewHaggling();

        var replies = Ask(haggling, NbdOption.Go, new ExportRequest("c", []).ToBytes());

        Assert.Equal(OptionReplyType.ErrorUnknown, Assert.Single(replies).Type);
        Assert.Equal(OptionHagglingState.Options, haggling.State);
    }

    [Fact]
    public void An_export_that_was_just_removed_is_unknown()
    {
        directory.IsGone = true;

        var replies = Ask(NewHaggling(), NbdOption.Go, new ExportRequest("a", []).ToBytes());

        Assert.Equal(OptionReplyType.ErrorUnknown, Assert.Single(replies).Type);
    }

    [Theory]
    [InlineData(1, 134)]
    [InlineData(3, 10)]
    public void The_reply_to_EXPORT_NAME_is_padded_unless_both_sides_set_NO_ZEROES(byte flags, int length)
    {
        var haggling = new OptionHaggling(directory, TlsPolicy.None, maxOptionBytes: 1024);
        haggling.Take([0, 0, 0, flags], out _);
        haggling.Sent();

        haggling.Take(OptionBytes(NbdOption.ExportName, "a"u8.ToArray()), out _);

        Assert.Equal(length, haggling.Output.Length);
        Assert.Equal(OptionHagglingState.Transmission, haggling.State);
    }

    [Fact]
    public void EXPORT_NAME_with_an_unknown_export_ends_the_handshake_without_a_reply()
    {
        var haggling = NewHaggling();

        haggling.Take(OptionBytes(NbdOption.ExportName, "c"u8.ToArray()), out _);

        Assert.Equal(OptionHagglingState.Closed, haggling.State);
        Assert.Equal(0, haggling.Output.Length);
    }

    [Fact]
    public void Do_not_fragment_is_offered_with_structured_replies_only()
    {
        var haggling = NewHaggling();

        Assert.False(FlagsOf(haggling).HasFlag(TransmissionFlags.DoNotFragment));
        Ask(haggling, NbdOption.StructuredReply);
        Assert.True(FlagsOf(haggling).HasFlag(TransmissionFlags.DoNotFragment));
    }

    [Fact]
    public void Contexts_need_structured_replies() => Assert.Equal(
        OptionReplyType.ErrorInvalid,
        Assert.Single(Ask(NewHaggling(), NbdOption.SetMetaContext, Contexts("a", "base:allocation"))).Type);

    [Fact]
    public void Base_allocation_is_set_for_the_export_in_use()
    {
        var haggling = NewHaggling();
        Ask(haggling, NbdOption.StructuredReply);

        var replies = Ask(haggling, NbdOption.SetMetaContext, Contexts("a", "qemu:x", "base:allocation"));
        Ask(haggling, NbdOption.Go, new ExportRequest("a", []).ToBytes());

        Assert.Equal([OptionReplyType.MetaContext, OptionReplyType.Ack], replies.Select(reply => reply.Type));
        Assert.Equal(OfferedExport.AllocationContext, BinaryPrimitives.ReadUInt32BigEndian(replies[0].Data));
        Assert.True(haggling.HasBlockStatus);
    }

    [Theory]
    [InlineData("b", "base:allocation")]
    [InlineData("a", "base:")]
    [InlineData("a", "base:other")]
    public void Base_allocation_is_not_set_otherwise(string export, string query)
    {
        var haggling = NewHaggling();
        Ask(haggling, NbdOption.StructuredReply);

        Ask(haggling, NbdOption.SetMetaContext, Contexts(export, query));
        Ask(haggling, NbdOption.Go, new ExportRequest("a", []).ToBytes());

        Assert.False(haggling.HasBlockStatus);
    }

    [Fact]
    public void A_second_set_replaces_the_first_also_when_it_fails()
    {
        var haggling = NewHaggling();
        Ask(haggling, NbdOption.StructuredReply);
        Ask(haggling, NbdOption.SetMetaContext, Contexts("a", "base:allocation"));

        Ask(haggling, NbdOption.SetMetaContext, Contexts("c", "base:allocation"));
        Ask(haggling, NbdOption.Go, new ExportRequest("a", []).ToBytes());

        Assert.False(haggling.HasBlockStatus);
    }

    [Theory]
    [InlineData]
    [InlineData("base:")]
    public void All_contexts_are_listed_without_queries_and_for_base(params string[] queries)
    {
        var haggling = NewHaggling();
        Ask(haggling, NbdOption.StructuredReply);

        Assert.Equal(2, Ask(haggling, NbdOption.ListMetaContext, Contexts("a", queries)).Count);
    }

    [Theory]
    [InlineData(NbdOption.List)]
    [InlineData(NbdOption.Go)]
    [InlineData(NbdOption.StructuredReply)]
    [InlineData((NbdOption)99)]
    internal void Before_required_TLS_every_other_option_is_refused(NbdOption option)
    {
        var haggling = NewHaggling(TlsPolicy.Required);

        Assert.Equal(OptionReplyType.ErrorTlsRequired, Assert.Single(Ask(haggling, option)).Type);
    }

    [Fact]
    public void EXPORT_NAME_before_required_TLS_ends_the_handshake()
    {
        var haggling = NewHaggling(TlsPolicy.Required);

        haggling.Take(OptionBytes(NbdOption.ExportName, "a"u8.ToArray()), out _);

        Assert.Equal(OptionHagglingState.Closed, haggling.State);
    }

    [Fact]
    public void TLS_resets_the_negotiated_options()
    {
        var haggling = NewHaggling(TlsPolicy.Offered);
        Ask(haggling, NbdOption.StructuredReply);
        Ask(haggling, NbdOption.SetMetaContext, Contexts("a", "base:allocation"));

        Ask(haggling, NbdOption.StartTls);
        Assert.Equal(OptionHagglingState.StartTls, haggling.State);
        haggling.TlsStarted();
        Ask(haggling, NbdOption.Go, new ExportRequest("a", []).ToBytes());

        Assert.False(haggling.HasStructuredReplies);
        Assert.False(haggling.HasBlockStatus);
    }

    [Fact]
    public void Tls_within_tls_is_invalid()
    {
        var haggling = NewHaggling(TlsPolicy.Required);
        Ask(haggling, NbdOption.StartTls);
        haggling.TlsStarted();

        Assert.Equal(OptionReplyType.ErrorInvalid, Assert.Single(Ask(haggling, NbdOption.StartTls)).Type);
    }

    [Fact]
    public void A_server_without_TLS_refuses_STARTTLS() => Assert.Equal(
        OptionReplyType.ErrorPolicy, Assert.Single(Ask(NewHaggling(), NbdOption.StartTls)).Type);

    [Fact]
    public void A_server_that_ends_replies_ESHUTDOWN()
    {
        directory.IsClosing = true;

        Assert.Equal(OptionReplyType.ErrorShutdown, Assert.Single(Ask(NewHaggling(), NbdOption.List)).Type);
    }

    [Fact]
    public void ABORT_is_acknowledged()
    {
        var haggling = NewHaggling(TlsPolicy.Required);

        Assert.Equal(OptionReplyType.Ack, Assert.Single(Ask(haggling, NbdOption.Abort, [1])).Type);
        Assert.Equal(OptionHagglingState.Closed, haggling.State);
        Assert.Null(haggling.Refusal);
    }

    private static byte[] Contexts(string export, params string[] queries) =>
        new MetaContextRequest(export, queries).ToBytes();

    private static TransmissionFlags FlagsOf(OptionHaggling haggling)
    {
        var replies = Ask(haggling, NbdOption.Info, new ExportRequest("a", []).ToBytes());
        Assert.True(ExportInfo.TryRead(replies[0].Data, out var info));
        return info.Flags;
    }

    private OptionHaggling NewHaggling(TlsPolicy tls = TlsPolicy.None)
    {
        var haggling = new OptionHaggling(directory, tls, maxOptionBytes: 1024);
        haggling.Take([0, 0, 0, 3], out _);
        return haggling;
    }

    private static byte[] OptionBytes(NbdOption option, byte[] data)
    {
        var bytes = new byte[OptionHeader.SizeBytes + data.Length];
        new OptionHeader(option, (uint)data.Length).Write(bytes);
        data.CopyTo(bytes, OptionHeader.SizeBytes);
        return bytes;
    }

    private static List<(OptionReplyType Type, byte[] Data)> Ask(
        OptionHaggling haggling, NbdOption option, byte[]? data = null)
    {
        haggling.Sent();
        haggling.Take(OptionBytes(option, data ?? []), out _);
        var replies = new List<(OptionReplyType, byte[])>();
        for (var rest = haggling.Output; !rest.IsEmpty;)
        {
            Assert.True(OptionReplyHeader.TryRead(rest.Span, out var header));
            Assert.Equal(option, header.Option);
            rest = rest[OptionReplyHeader.SizeBytes..];
            replies.Add((header.Type, rest[..(int)header.LengthBytes].ToArray()));
            rest = rest[(int)header.LengthBytes..];
        }

        return replies;
    }

    private sealed class FakeDirectory : IExportDirectory
    {
        public bool IsClosing { get; set; }

        public bool IsGone { get; set; }

        public IReadOnlyList<OfferedExport> Exports { get; } =
        [
            NewExport("a", "about a"),
            NewExport("b", "", isDefault: true),
        ];

        public bool IsDenied(string export) => export == "c";

        public bool TryOpen(OfferedExport export) => !IsGone;

        private static OfferedExport NewExport(string name, string description, bool isDefault = false) =>
            OfferedExport.Of(
                name, description, isDefault, false, new MemoryDevice(ByteSize.FromMiB(1)).Description);
    }
}
