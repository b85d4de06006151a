namespace DmIo.Cli.Tests.Support;

/// <summary>A pipe with short reads, whose lengths are random.</summary>
internal sealed class ShortReadStream(byte[] content, int seed) : MemoryStream(content)
{
    private readonly Random random = new(seed);

    public override bool CanSeek => false;

    public override int Read(byte[] buffer, int offset, int count) =>
        base.Read(buffer, offset, Math.Min(count, random.Next(1, 1000)));
}
