using Stint.Cli.Slurm.Scontrol;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Scontrol;

/// <summary>scontrol create, update, delete of partitions, and what of nodes changes while the server runs.</summary>
public sealed class PartitionVerbTests
{
    private readonly CommandRun _run = new();

    private Task<CommandRun> Scontrol(params string[] words)
    {
        _run.Api.On("/api/v1/", new SelectionResult([]));
        return _run.RunAsync(ScontrolCommand.RunAsync, "scontrol", words);
    }

    [Theory]
    [InlineData("state=DOWN", "State=DOWN")]
    [InlineData("max_time=5400s default_time=", "MaxTime=1:30:00", "DefaultTime=NONE")]
    [InlineData("max_time=", "MaxTime=UNLIMITED")]
    [InlineData("max_nodes= min_nodes=2 default=true hidden=false", "MaxNodes=UNLIMITED", "MinNodes=2", "Default=YES", "Hidden=NO")]
    [InlineData("priority_tier=0 priority_job_factor=5", "PriorityTier=0", "PriorityJobFactor=5")]
    [InlineData("allow_accounts=physics,chem allow_qos= deny_qos=low allow_groups=", "AllowAccounts=physics,chem", "AllowQos=ALL", "DenyQos=low", "AllowGroups=ALL")]
    [InlineData("default_memory_per_cpu=2097152K max_memory_per_node=", "DefMemPerCPU=2G", "MaxMemPerNode=UNLIMITED")]
    [InlineData("over_subscribe=FORCE:2 preempt_mode=requeue grace=30s nodes=n[1-2]", "OverSubscribe=FORCE:2", "PreemptMode=REQUEUE", "GraceTime=30", "Nodes=n[1-2]")]
    public async Task Slurms_keys_become_those_of_the_file(string expected, params string[] words)
    {
        await Scontrol(["update", "PartitionName=gpu", .. words]);
        Assert.Equal((0, ""), (_run.Code, _run.Error));
        Assert.Equal("/api/v1/partitions/gpu", _run.Api.Requests[0].Path);
        Assert.Equal(expected, string.Join(' ', _run.Api.Body(0, ApiJson.Default.PartitionChangeRequest).Set.Select(one => $"{one.Key}={one.Value}")));
    }

    [Theory]
    [InlineData("create", "partition", "PartitionName=x", "Nodes=n1")]
    [InlineData("create", "PartitionName=x", "Nodes=n1")]
    public async Task One_is_made(params string[] words)
    {
        await Scontrol(words);
        Assert.Equal(("/api/v1/partitions/x", true), (_run.Api.Requests[0].Path, _run.Api.Body(0, ApiJson.Default.PartitionChangeRequest).Create));
    }

    [Theory]
    [InlineData("delete", "partitionname=x")]
    [InlineData("delete", "partition=x")]
    public async Task One_is_taken_away(params string[] words)
    {
        await Scontrol(words);
        Assert.Equal(("/api/v1/partitions/x", "DELETE"), _run.Api.Requests[0]);
    }

    [Theory]
    [InlineData("Update of this parameter is not supported: Foo=1\nRequest aborted\n", "update", "PartitionName=x", "Foo=1")]
    [InlineData("Invalid input: MaxTime=soon\nRequest aborted\n", "update", "PartitionName=x", "MaxTime=soon")]
    [InlineData("Invalid input: Default=maybe\nRequest aborted\n", "update", "PartitionName=x", "Default=maybe")]
    [InlineData("No changes specified\n", "update", "PartitionName=x")]
    public async Task What_is_no_change_is_refused(string error, params string[] words)
    {
        await Scontrol(words);
        Assert.Equal((1, error, 0), (_run.Code, _run.Error, _run.Api.Requests.Count));
    }

    [Fact]
    public async Task Features_and_weight_of_nodes_change_and_then_the_state()
    {
        await Scontrol("update", "NodeName=n[1-2]", "Features=a,b", "Weight=5", "State=DRAIN", "Reason=x");
        Assert.Equal(["/api/v1/nodes/n%5B1-2%5D/settings", "/api/v1/nodes/n1/state", "/api/v1/nodes/n2/state"], _run.Api.Requests.Select(request => request.Path));
        var settings = _run.Api.Body(0, ApiJson.Default.NodeSettingsRequest);
        Assert.Equal(("a,b", 5u), (string.Join(',', settings.Features!), settings.Weight));
    }
}
