using System.Buffers.Binary;
using System.Text;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Nbd.Tests.Protocol;

/// <summary>Every message is read as it was written and encoded as specified; other bytes are refused without an
/// exception.</summary>
public sealed class MessageTests
{
    private static readonly Gen<ulong> Longs = Gen.OneOf(
        Gen.Elements<ulong>(0, 1, 511, 4096, long.MaxValue, ulong.MaxValue),
        ArbMap.Default.GeneratorFor<ulong>());

    private static readonly Gen<uint> Ints = Gen.OneOf(
        Gen.Elements<uint>(0, 1, 511, 4096, int.MaxValue, uint.MaxValue),
        ArbMap.Default.GeneratorFor<uint>());

    private static readonly Gen<ushort> Shorts = ArbMap.Default.GeneratorFor<ushort>();

    /// <summary>Texts without NUL or unpaired surrogates, of one to four bytes per character.</summary>
    private static readonly Gen<string> Texts =
        from characters in Gen.Elements("a", "/", ":", "é", "漢", "\U0001F4BE").ArrayOf()
        select string.Concat(characters);

    [Fact]
    public void A_request_is_read_as_it_was_written() => Holds(
        from command in Shorts
        from flags in Shorts
        from cookie in Longs
        from offset in Longs
        from length in Ints
        select new RequestHeader((NbdCommand)command, (CommandFlags)flags, cookie, offset, length),
        header =>
        {
            var bytes = new byte[RequestHeader.SizeBytes];
            header.Write(bytes);
            return RequestHeader.TryRead(bytes, out var read) && read == header;
        });

    [Fact]
    public void A_request_is_encoded_as_specified()
    {
        var bytes = new byte[RequestHeader.SizeBytes];

        new RequestHeader(
            NbdCommand.WriteZeroes, CommandFlags.NoHole, 0x0102030405060708, 0x1122334455667788, 0xa0b0c0d0)
            .Write(bytes);

        Assert.Equal("2560951300020006010203040506070811223344556677" + "88A0B0C0D0", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Only_a_write_has_payload() => Holds(
        from command in Shorts
        from length in Ints
        select new RequestHeader((NbdCommand)command, CommandFlags.None, 0, 0, length),
        header => header.PayloadBytes == (header.Command == NbdCommand.Write ? header.LengthBytes : 0));

    [Fact]
    public void A_simple_reply_is_read_as_it_was_written() => Holds(
        from error in Ints
        from cookie in Longs
        select new SimpleReply((NbdError)error, cookie),
        reply =>
        {
            var bytes = new byte[SimpleReply.SizeBytes];
            reply.Write(bytes);
            return BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x67446698 && SimpleReply.Read(bytes) == reply;
        });

    [Fact]
    public void A_chunk_is_read_as_it_was_written() => Holds(
        from flags in Shorts
        from type in Shorts
        from cookie in Longs
        from length in Ints
        select new ReplyChunk((ReplyChunkFlags)flags, (ReplyChunkType)type, cookie, length),
        chunk =>
        {
            var bytes = new byte[ReplyChunk.SizeBytes];
            chunk.Write(bytes);
            return BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x668e33ef
                && ReplyChunk.Read(bytes) == chunk
                && chunk.IsError == ((ushort)chunk.Type & 0x8000) > 0
                && chunk.IsDone == ((ushort)chunk.Flags & 1) > 0;
        });

    [Fact]
    public void An_option_and_its_reply_are_read_as_they_were_written() => Holds(
        from option in Ints
        from type in Ints
        from length in Ints
        select new OptionReplyHeader((NbdOption)option, (OptionReplyType)type, length),
        reply =>
        {
            var option = new OptionHeader(reply.Option, reply.LengthBytes);
            var bytes = new byte[OptionHeader.SizeBytes];
            var replyBytes = new byte[OptionReplyHeader.SizeBytes];
            option.Write(bytes);
            reply.Write(replyBytes);
            return OptionHeader.TryRead(bytes, out var readOption) && readOption == option
                && OptionReplyHeader.TryRead(replyBytes, out var readReply) && readReply == reply
                && !OptionHeader.TryRead(replyBytes, out _)
                && !OptionReplyHeader.TryRead([.. bytes, 0, 0, 0, 0], out _);
        });

    [Fact]
    public void Export_information_is_read_as_it_was_written() => Holds(
        from size in Longs
        from flags in Shorts
        from sizes in Ints.ArrayOf(3)
        select (Info: new ExportInfo(size, (TransmissionFlags)flags),
            Sizes: new BlockSizes(sizes[0], sizes[1], sizes[2])),
        message =>
        {
            var info = new byte[ExportInfo.WireBytes];
            var sizes = new byte[BlockSizes.WireBytes];
            message.Info.Write(info);
            message.Sizes.Write(sizes);
            return ExportInfo.TryRead(info, out var readInfo) && readInfo == message.Info
                && BlockSizes.TryRead(sizes, out var readSizes) && readSizes == message.Sizes
                && !ExportInfo.TryRead(sizes, out _) && !BlockSizes.TryRead(info, out _);
        });

    [Fact]
    public void A_request_for_an_export_is_read_as_it_was_written() => Holds(
        from name in Texts
        from wanted in Shorts.ArrayOf()
        select new ExportRequest(name, [.. wanted.Select(type => (InfoType)type)]),
        request => ExportRequest.Read(request.ToBytes()) is { } read
            && read.Name == request.Name && read.Wanted.SequenceEqual(request.Wanted));

    [Fact]
    public void A_request_for_contexts_is_read_as_it_was_written() => Holds(
        from name in Texts
        from queries in Texts.ArrayOf()
        select new MetaContextRequest(name, queries),
        request => MetaContextRequest.Read(request.ToBytes()) is { } read
            && read.Name == request.Name && read.Queries.SequenceEqual(request.Queries));

    [Fact]
    public void A_request_of_the_wrong_length_is_invalid() => Holds(
        from name in Texts
        from more in Texts.NonEmptyListOf()
        from cut in Gen.Choose(1, 1000)
        select (Export: new ExportRequest(name, [InfoType.BlockSize]).ToBytes(),
            Contexts: new MetaContextRequest(name, [.. more]).ToBytes(), Cut: cut),
        sent => ExportRequest.Read(Cut(sent.Export, sent.Cut)) is null
            && MetaContextRequest.Read(Cut(sent.Contexts, sent.Cut)) is null
            && ExportRequest.Read([.. sent.Export, 0]) is null
            && MetaContextRequest.Read([.. sent.Contexts, 0]) is null);

    [Fact]
    public void Any_bytes_are_read_or_refused_without_an_exception() => Holds(
        ArbMap.Default.GeneratorFor<byte>().ArrayOf(),
        bytes =>
        {
            var request = ExportRequest.Read(bytes);
            var contexts = MetaContextRequest.Read(bytes);
            var text = NbdText.Read(bytes);
            return (request is null || request.ToBytes().AsSpan().SequenceEqual(bytes))
                && (contexts is null || contexts.ToBytes().AsSpan().SequenceEqual(bytes))
                && (text is null || Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes));
        });

    [Theory]
    [InlineData(new byte[] { 0xc3, 0x28 })]
    [InlineData(new byte[] { 0x61, 0x00 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    public void Bytes_that_are_not_text_are_refused(byte[] bytes) => Assert.Null(NbdText.Read(bytes));

    [Fact]
    public void A_text_is_at_most_4096_bytes_long()
    {
        Assert.NotNull(NbdText.Read(new byte[4096].Select(_ => (byte)'a').ToArray()));
        Assert.Null(NbdText.Read(new byte[4097].Select(_ => (byte)'a').ToArray()));
    }

    [Theory]
    [InlineData(IoStatusCode.OutOfRange, 0, NbdError.NoSpace, NbdError.Invalid)]
    [InlineData(IoStatusCode.ReadOnly, 0, NbdError.NotPermitted, NbdError.NotPermitted)]
    [InlineData(IoStatusCode.Misaligned, 0, NbdError.Invalid, NbdError.Invalid)]
    [InlineData(IoStatusCode.Unsupported, 0, NbdError.NotSupported, NbdError.NotSupported)]
    [InlineData(IoStatusCode.DeviceError, 28, NbdError.NoSpace, NbdError.NoSpace)]
    [InlineData(IoStatusCode.DeviceError, 122, NbdError.NoSpace, NbdError.NoSpace)]
    [InlineData(IoStatusCode.DeviceError, 5, NbdError.InputOutput, NbdError.InputOutput)]
    [InlineData(IoStatusCode.DeviceError, 71, NbdError.InputOutput, NbdError.InputOutput)]
    [InlineData(IoStatusCode.TimedOut, 0, NbdError.InputOutput, NbdError.InputOutput)]
    [InlineData(IoStatusCode.DeviceGone, 0, NbdError.InputOutput, NbdError.InputOutput)]
    [InlineData(IoStatusCode.Stopped, 0, NbdError.Shutdown, NbdError.Shutdown)]
    [InlineData(IoStatusCode.Suspended, 0, NbdError.Shutdown, NbdError.Shutdown)]
    [InlineData(IoStatusCode.Fenced, 0, NbdError.Shutdown, NbdError.Shutdown)]
    [InlineData(IoStatusCode.InDoubt, 0, NbdError.InputOutput, NbdError.InputOutput)]
    [InlineData(IoStatusCode.PowerLost, 5, NbdError.InputOutput, NbdError.InputOutput)]
    internal void A_status_is_one_of_the_protocols_errors(
        IoStatusCode code, int errno, NbdError onWrite, NbdError onRead)
    {
        var status = new IoStatus(code, new IoFailure("as the test says", errno));

        Assert.Equal(
            (onWrite, onRead), (NbdErrors.Of(status, NbdCommand.Write), NbdErrors.Of(status, NbdCommand.Read)));
    }

    [Fact]
    public void No_failure_becomes_a_success_and_no_success_a_failure() => Holds(
        from code in Gen.Elements(Enum.GetValues<IoStatusCode>())
        from errno in Gen.Choose(0, 200)
        from command in Gen.Elements(Enum.GetValues<NbdCommand>())
        select (Status: code == IoStatusCode.Ok ? IoStatus.Ok : new IoStatus(code, new IoFailure("x", errno)), command),
        seen =>
        {
            var error = NbdErrors.Of(seen.Status, seen.command);
            return (error == NbdError.None) == seen.Status.IsOk
                && NbdErrors.StatusOf(error, "x").IsOk == seen.Status.IsOk;
        });

    private static byte[] Cut(byte[] bytes, int count) => bytes[..^Math.Min(count, bytes.Length)];

    private static void Holds<T>(Gen<T> values, Func<T, bool> holds) =>
        Prop.ForAll(values.ToArbitrary(), holds).QuickCheckThrowOnFailure();
}
