using Google.Protobuf;
using Stint.Agent.Session;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Session;

public sealed class FrameTests
{
    [Fact]
    public void Random_bytes_are_a_message_or_a_reason_and_never_an_exception()
    {
        var random = new Random(20);
        for (var round = 0; round < 20_000; round++)
        {
            var frame = new byte[random.Next(0, 200)];
            random.NextBytes(frame);
            Assert.NotEqual(Frames.TryRead(frame, out var message, out var why), why is not null);
            Assert.NotEqual(message is null, why is null);
        }
    }

    [Fact]
    public void Damaged_messages_are_a_message_or_a_reason_and_never_an_exception()
    {
        var random = new Random(21);
        var launch = new Stint.Protocol.Agents.Launch { Spec = Specs.Valid(1).ToByteString(), Signature = ByteString.CopyFrom(new byte[64]) };
        ToAgent[] messages =
        [
            new() { Launch = launch }, new() { Welcome = new Welcome { Cluster = "test", HeartbeatS = 5, SigningKey = ByteString.CopyFrom(new byte[91]) } },
            new() { Ack = new ReportAck { ReportId = ulong.MaxValue } }, new() { EndJob = new EndJob { JobId = 1, Message = "x" } }, new() { SignalStep = new SignalStep { StepId = 2 } },
        ];
        for (var round = 0; round < 20_000; round++)
        {
            var frame = messages[random.Next(messages.Length)].ToByteArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--) frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
            var cut = frame.AsSpan(0, random.Next(frame.Length + 1));
            Assert.NotEqual(Frames.TryRead(cut, out _, out var why), why is not null);
        }
    }

    [Fact]
    public void Deep_nesting_and_oversize_are_refused()
    {
        var deep = new byte[10_000];
        Array.Fill(deep, (byte)0x53);                          // field 10, start of a group: nested 10,000 times
        Assert.False(Frames.TryRead(deep, out _, out _));
        Assert.False(Frames.TryRead(new byte[Frames.BytesMax + 1], out _, out var why));
        Assert.Equal($"a frame of {Frames.BytesMax + 1} bytes; the limit is {Frames.BytesMax}", why);
    }

    [Fact]
    public void A_frame_in_pieces_is_collected_up_to_the_cap()
    {
        var buffer = new FrameBuffer();
        var total = 0;
        while (total <= Frames.BytesMax)
        {
            var room = Math.Min(buffer.Free.Length, 50_000);
            total += room;
            Assert.Equal(total <= Frames.BytesMax, buffer.Advance(room));
        }
        buffer.Clear();
        Assert.True(buffer.Filled.IsEmpty);
        Assert.True(buffer.Free.Length < 1 << 20);
    }

    [Fact]
    public void Waiting_doubles_to_five_seconds_and_starts_over_after_success()
    {
        var backoff = new Backoff(() => 1);
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000], Enumerable.Range(0, 8).Select(_ => (int)backoff.Next().TotalMilliseconds));
        backoff.Reset();
        Assert.Equal(100, backoff.Next().TotalMilliseconds);
        Assert.Equal(50, new Backoff(() => 0).Next().TotalMilliseconds);
    }
}
